import HalleyProtocols
import Testing

@Suite("Event stream blocks") struct EventStreamEncoderTests {
  private func block(_ data: String) -> String {
    String(decoding: EventStreamEncoder.block(data: Array(data.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    ("", "data:\n\n"), ("a", "data: a\n\n"), (" a", "data:  a\n\n"), ("a\nb", "data: a\ndata: b\n\n"),
    ("a\rb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: b\n\n"), ("a\n", "data: a\ndata:\n\n"),
    ("\r\n\r\n", "data:\ndata:\ndata:\n\n"), ("a\n\rb", "data: a\ndata:\ndata: b\n\n"),
  ])
  func linesOfData(data: String, expected: String) {
    #expect(block(data) == expected)
  }

  @Test func fieldsInOrder() {
    let bytes = EventStreamEncoder.block(retry: 3120, id: "kQ3fZx9a-41", event: "left", data: Array("x".utf8))
    #expect(String(decoding: bytes, as: UTF8.self) == "retry: 3120\nid: kQ3fZx9a-41\nevent: left\ndata: x\n\n")
  }

  @Test func idAloneDispatchesNothing() {
    #expect(EventStreamEncoder.block(id: "kQ3fZx9a-60") == Array("id: kQ3fZx9a-60\n\n".utf8))
  }

  @Test func nothingCanBeInjectedThroughIdOrEvent() {
    let bytes = EventStreamEncoder.block(id: "1\r\ndata: x\0", event: "a\n\ndata: y", data: [])
    #expect(String(decoding: bytes, as: UTF8.self) == "id: 1data: x\nevent: adata: y\ndata:\n\n")
  }
}
