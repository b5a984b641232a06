import Testing

@testable import HalleyChannels

@Suite("Wire forms of a message")
struct MessageEncodingTests {
  private func message(_ draft: MessageDraft, offset: Int = 42) -> Message {
    Message(draft, id: MessageID(epoch: exampleEpoch, offset: offset), appendedAt: 0)
  }
  private func text(_ message: Message, _ encoding: MessageEncoding) -> String {
    String(decoding: message.encoded(encoding), as: UTF8.self)
  }

  @Test("JSON, the document's example")
  func json() throws {
    let message = message(try MessageDraft(json: Array(#"{"user":"u7","lat":48.1,"lon":11.5}"#.utf8)))
    let object = #"{"id":"kQ3fZx9a-42","data":{"user":"u7","lat":48.1,"lon":11.5}}"#
    let frame = #"{"type":"message","id":"kQ3fZx9a-42","data":{"user":"u7","lat":48.1,"lon":11.5}}"#
    let block = "id: kQ3fZx9a-42\ndata: {\"user\":\"u7\",\"lat\":48.1,\"lon\":11.5}\n\n"
    let framed = "id: kQ3fZx9a-42\ndata: \(frame)\n\n"
    #expect(text(message, .pollObject) == object)
    #expect(text(message, .line) == frame + "\n")
    #expect(text(message, .lineChunk) == "51\r\n\(frame)\n\r\n")
    #expect(text(message, .eventStream) == block)
    #expect(text(message, .eventStreamChunk) == "3b\r\n\(block)\r\n")
    #expect(text(message, .eventStreamFrames) == framed)
    #expect(text(message, .eventStreamFramesChunk) == "68\r\n\(framed)\r\n")
    #expect(message.encoded(.webSocketRaw) == [0x81, 35] + message.payload)
    #expect(message.encoded(.webSocketFramed) == [0x81, 80] + Array(frame.utf8))
  }

  @Test("text with line ends, event and key")
  func lines() throws {
    let message = message(try MessageDraft(text: "first line\r\nsecond\rthird\n", event: "left", key: "u\"7"))
    #expect(
      text(message, .eventStream)
        == "id: kQ3fZx9a-42\nevent: left\ndata: first line\ndata: second\ndata: third\ndata:\n\n")
    let object = text(message, .pollObject)
    #expect(object.hasPrefix(#"{"id":"kQ3fZx9a-42","data":"first line"#))
    #expect(object.hasSuffix(#","event":"left","key":"u\"7"}"#))
    #expect(!message.encoded(.line).dropLast().contains(0x0A))
    #expect(Array(message.encoded(.webSocketRaw).dropFirst(2)) == message.payload)
  }

  @Test("binary is base64 where only text goes, with its encoding in frames")
  func binary() throws {
    let message = message(try MessageDraft(binary: [0, 1, 2, 0xFF]))
    #expect(message.encoded(.webSocketRaw) == [0x82, 4, 0, 1, 2, 0xFF])
    #expect(text(message, .eventStream) == "id: kQ3fZx9a-42\ndata: AAEC/w==\n\n")
    #expect(text(message, .pollObject) == #"{"id":"kQ3fZx9a-42","data":"AAEC/w==","encoding":"base64"}"#)
  }

  @Test("a frame for a script holds nothing that ends one")
  func script() throws {
    let message = message(try MessageDraft(text: "</script>\u{2028}<b>", event: "a<b", key: ">\u{2029}"))
    #expect(
      text(message, .scriptFrame)
        == #"{"type":"message","id":"kQ3fZx9a-42","data":"\u003C/script\u003E\u2028\u003Cb\u003E","#
        + #""event":"a\u003Cb","key":"\u003E\u2029"}"#)
  }

  @Test("an empty payload is one empty frame and one empty data line")
  func empty() throws {
    let message = message(try MessageDraft(text: ""))
    #expect(message.encoded(.webSocketRaw) == [0x81, 0])
    #expect(text(message, .eventStream) == "id: kQ3fZx9a-42\ndata:\n\n")
    #expect(text(message, .pollObject) == #"{"id":"kQ3fZx9a-42","data":""}"#)
  }

  @Test("frame lengths around the borders of the length field", arguments: [125, 126, 127, 65_535, 65_536])
  func lengths(count: Int) throws {
    let message = message(try MessageDraft(binary: [UInt8](repeating: 7, count: count)))
    let frame = message.encoded(.webSocketRaw)
    #expect(frame.suffix(count) == message.payload[...])
    switch count {
    case ...125: #expect(frame.prefix(frame.count - count) == [0x82, UInt8(count)])
    case ...65_535: #expect(frame.prefix(frame.count - count) == [0x82, 126, UInt8(count >> 8), UInt8(count & 255)])
    default: #expect(frame.prefix(frame.count - count) == [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0])
    }
  }

  @Test("each form is made once and shared", arguments: MessageEncoding.allCases)
  func once(encoding: MessageEncoding) throws {
    let message = message(try MessageDraft(text: "shared between all loops"))
    let one = message.encoded(encoding)
    let two = message.encoded(encoding)
    #expect(one.withUnsafeBufferPointer { $0.baseAddress } == two.withUnsafeBufferPointer { $0.baseAddress })
  }

  /// Payloads of nothing but the byte that grows most, on its own or with others.
  static let worst: [[UInt8]] = [
    [0x0A], [0x0D], [0x22], [0x01], [0x3C], [0xE2, 0x80, 0xA8], [0x61, 0x0A], [0x0D, 0x0A],
  ]
  .flatMap { piece in [1, 2, 3, 300].map { (0..<$0).flatMap { _ in piece } } }

  @Test("no form is larger than foreseen, whatever the bytes", arguments: worst)
  func bounds(payload: [UInt8]) throws {
    let event = String(repeating: "\u{1}", count: 128)
    let key = String(repeating: "<", count: 128)
    let drafts = [
      try MessageDraft(textBytes: payload, event: event, key: key),
      try MessageDraft(binary: payload, event: event, key: key),
      try MessageDraft(json: Array(#""\#(String(repeating: "<", count: payload.count))""#.utf8)),
    ]
    let far = MessageID(epoch: exampleEpoch, offset: 1 << 53 - 1)
    for draft in drafts {
      let message = Message(draft, id: far, appendedAt: 0)
      for encoding in MessageEncoding.allCases {
        #expect(message.encoded(encoding).count <= message.mostBytes(encoding))
        // Traps when it does not fit.
        let position = Position([MessageID](repeating: far, count: 16))
        #expect(!message.encoded(encoding, in: String(repeating: "c", count: 128), at: position).isEmpty)
      }
    }
  }
}
