import HalleyProtocols
import Testing

@Suite("RFC 6455 §5.4: limits of a message")
struct FragmentationTests {
  @Test("bytes of all fragments count")
  func bytes() {
    let limits = WebSocketLimits(maxMessage: 10)
    let good = frame(0x02, [1, 2, 3, 4, 5]) + frame(0x80, [6, 7, 8, 9, 10])
    let bad = frame(0x02, [1, 2, 3, 4, 5]) + frame(0x80, [6, 7, 8, 9, 10, 11])
    for chunks in cuts(good) { #expect(transcript(chunks, limits: limits) == [.message(0x82, Array(1...10))]) }
    for chunks in cuts(bad) { #expect(transcript(chunks, limits: limits) == [.failure(1009)]) }
  }

  @Test("empty fragments count")
  func flood() {
    let limits = WebSocketLimits(maxMessage: 100, maxFragments: 64)
    let empty = frame(0x00, [])
    let full = frame(0x01, []) + (0..<62).flatMap { _ in empty } + frame(0x80, [])
    #expect(transcript([full], limits: limits) == [.message(0x81, [])])
    let over = frame(0x01, []) + (0..<1000).flatMap { _ in empty }
    for chunks in cuts(over) { #expect(transcript(chunks, limits: limits) == [.failure(1009)]) }
  }

  @Test("the counts begin anew with each message")
  func again() {
    let one = frame(0x02, [1]) + frame(0x80, [2])
    let seen = transcript([one + one + one], limits: WebSocketLimits(maxMessage: 2, maxFragments: 2))
    #expect(seen == [Seen](repeating: .message(0x82, [1, 2]), count: 3))
  }

  @Test("RSV1 belongs to the first frame", arguments: [(0xC1, 0x80, true), (0xC1, 0xC0, false), (0x01, 0xC0, false)])
  func compressed(_ first: UInt8, _ second: UInt8, _ good: Bool) {
    let bytes = frame(first & 0x7F, [0x80]) + frame(second, [0x81])
    for chunks in cuts(bytes) {
      // Compressed text is not looked at: only inflating shows what it says.
      let seen = transcript(chunks, compression: true)
      #expect(seen == [good ? .message(0xC1, [0x80, 0x81]) : .failure(first == 0x01 ? 1007 : 1002)])
    }
    #expect(transcript([frame(0xC9, [])], compression: true) == [.failure(1002)])
  }

  @Test("after our close frame data is dropped and a close awaited")
  func closing() {
    var receiver = WebSocketReceiver(), step = WebSocketReceiver.Step()
    receiver.closeSent()
    #expect(receiver.isClosing && !receiver.isOpen)
    var bytes = frame(0x81, "x".utf8) + frame(0x01, "y".utf8) + frame(0x80, []) + frame(0x88, [3, 0xE9])
    let count = bytes.count
    bytes += [UInt8](repeating: 0, count: 8)
    bytes.withUnsafeMutableBufferPointer { buffer in
      guard let p = buffer.baseAddress else { return }
      let event = receiver.next(p, count, limits: WebSocketLimits(), compression: false, &step)
      #expect(event == .close && step.code == .goingAway && !step.answers && receiver.isClosed)
    }
  }

  @Test("twenty pings a second, with bursts")
  func pings() {
    var receiver = WebSocketReceiver()
    let burst = (0..<200).prefix { _ in receiver.allowsPing(now: 1000) }.count
    #expect(burst == 100)
    receiver = WebSocketReceiver()
    #expect((0..<10_000).allSatisfy { receiver.allowsPing(now: 1000 + 50 * UInt64($0)) })
    receiver = WebSocketReceiver()
    #expect(!(0..<10_000).allSatisfy { receiver.allowsPing(now: 1000 + 40 * UInt64($0)) })
  }

  @Test("the state fits into a connection's slot")
  func size() { #expect(MemoryLayout<WebSocketReceiver>.size <= 48) }
}
