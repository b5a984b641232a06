import HalleyProtocols

/// Frames, fragments, text and close codes. Oracle: no trap, no access out of bounds, and the same events however the
/// bytes are cut.
///
/// Input: one byte of options, one byte that seeds the cuts, then the stream.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start, count >= 2 else { return -1 }
  let options = start[0]
  let stream = Array(UnsafeBufferPointer(start: start + 2, count: count - 2))
  var limits = WebSocketLimits(maxMessage: 300, maxFragments: 4)
  if options & 2 != 0 { limits = WebSocketLimits(maxMessage: 70_000, maxFragments: 64) }
  let whole = Transcript(stream, limits, options) { $0 }
  let single = Transcript(stream, limits, options) { _ in 1 }
  var seed = UInt64(start[1]) &+ 1
  let random = Transcript(stream, limits, options) { rest in
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return min(rest, Int(seed >> 60) + 1)
  }
  precondition(whole.events == single.events && whole.events == random.events, "the cuts decide the outcome")
  return 0
}

/// What a connection makes of a stream that arrives in pieces.
private struct Transcript {
  enum Event: Equatable { case message(UInt8, [UInt8]), ping([UInt8]), pong([UInt8]), close(UInt16), failure(UInt16) }
  var events: [Event] = []

  init(_ stream: [UInt8], _ limits: WebSocketLimits, _ options: UInt8, _ size: (Int) -> Int) {
    var receiver = WebSocketReceiver()
    if options & 4 != 0 { receiver.closeSent() }
    var unread: [UInt8] = [], assembly: [UInt8] = [], at = 0
    while at < stream.count {
      let end = at + size(stream.count - at)
      unread += stream[at..<end]
      at = end
      // Memory of its own size, so that the sanitizer sees each byte too far.
      let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: unread.count + 8)
      defer { buffer.deallocate() }
      buffer.initialize(from: unread, count: unread.count)
      (buffer + unread.count).initialize(repeating: 0xA5, count: 8)
      let used = read(&receiver, buffer, unread.count, limits, options & 1 != 0, &assembly)
      precondition((0..<8).allSatisfy { buffer[unread.count + $0] == 0xA5 }, "wrote behind the end")
      unread = Array(UnsafeBufferPointer(start: buffer + used, count: unread.count - used))
    }
  }

  private mutating func read(
    _ receiver: inout WebSocketReceiver, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limits: WebSocketLimits,
    _ compression: Bool, _ assembly: inout [UInt8]
  ) -> Int {
    var step = WebSocketReceiver.Step()
    while true {
      let event = receiver.next(bytes, count, limits: limits, compression: compression, &step)
      precondition(step.next <= count)
      if event == .more { return step.next }
      let hasPayload = event != .failure && event != .close
      precondition(!hasPayload || step.start + step.length <= count, "payload out of bounds")
      let payload =
        hasPayload ? Array(UnsafeBufferPointer(start: bytes + step.start, count: step.length)) : []
      switch event {
      case .more: break
      case .message: deliver(step.first, payload, limits)
      case .part: assembly += payload
      case .lastPart:
        deliver(step.first, assembly + payload, limits)
        assembly = []
      case .ping: events.append(.ping(payload))
      case .pong: events.append(.pong(payload))
      case .close: events.append(.close(step.code.rawValue))
      case .failure:
        precondition(step.code.isSendable, "a code that must not travel")
        events.append(.failure(step.code.rawValue))
      }
    }
  }

  private mutating func deliver(_ first: UInt8, _ payload: [UInt8], _ limits: WebSocketLimits) {
    let isCompressed = first & 0x40 != 0
    precondition(isCompressed || payload.count <= limits.maxMessage, "above the limit")
    if first == 0x81 { precondition(String(validating: payload, as: UTF8.self) != nil, "text that is not UTF-8") }
    events.append(.message(first, payload))
  }
}
