import CLinux

/// How subscribers are connected.
enum Transport: String, CaseIterable {
  case ws, sse, poll
}

/// Told by subscribers what arrives.
protocol DeliveryObserver: AnyObject {
  var payload: NumberedPayload { get }
  /// A subscriber got the message with this number.
  func delivered(_ number: Int, to subscriber: Subscriber)
}

/// A connection that receives a channel. It checks what it gets against the number it expects next.
class Subscriber: Link {
  let path: String
  weak var observer: (any DeliveryObserver)?
  /// The number of the next message; nil until the first has come.
  var expected: Int?

  init(_ generator: Generator, path: String, observer: (any DeliveryObserver)?) {
    self.path = path
    self.observer = observer
    super.init(generator)
  }

  static func make(_ transport: Transport, _ generator: Generator, path: String, observer: (any DeliveryObserver)?)
    -> Subscriber
  {
    switch transport {
    case .ws: WebSocketSubscriber(generator, path: path, observer: observer)
    case .sse: EventStreamSubscriber(generator, path: path, observer: observer)
    case .poll: LongPollSubscriber(generator, path: path, observer: observer)
    }
  }
}

private final class WebSocketSubscriber: Subscriber {
  private var upgraded = false

  override func opened() throws {
    try send(WebSocketClient.handshake(path: path, host: generator.target.host))
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    var at = 0
    if !upgraded {
      guard let size = try UpgradeAnswer.size(bytes, count) else { return 0 }
      at = size
      upgraded = true
      markReady()
    }
    let observer = observer
    while let frame = try WebSocketClient.frame(bytes + at, count - at) {
      switch frame.opcode {
      case 1, 2:
        if let observer {
          guard frame.end - frame.payload == observer.payload.size,
            let number = observer.payload.number(at: bytes + at + frame.payload)
          else { throw LoadError.wrongContent("a message was changed") }
          observer.delivered(number, to: self)
        }
      case 9:
        let payload = UnsafeBufferPointer(start: bytes + at + frame.payload, count: frame.end - frame.payload)
        try send(WebSocketClient.frame(opcode: 10, Array(payload)))
      case 10: break
      default: throw LoadError.closedByServer("frame with opcode \(frame.opcode)")
      }
      at += frame.end
    }
    return at
  }
}

private final class EventStreamSubscriber: Subscriber {
  private var chunks: ChunkedReader?
  private var begun = false
  private var text: [UInt8] = []

  override func opened() throws {
    try send(
      Array("GET \(path) HTTP/1.1\r\nHost: \(generator.target.host)\r\nAccept: text/event-stream\r\n\r\n".utf8))
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    var at = 0
    if !begun {
      guard let head = try ResponseHead.parse(bytes, count) else { return 0 }
      if head.status != 200 { throw LoadError.protocolViolation("event stream answered with: \(head.text)") }
      if head.chunked { chunks = ChunkedReader() }
      at = head.size
      begun = true
      markReady()
    }
    var data = count - at
    var used = count
    if chunks != nil, let stripped = try chunks?.strip(bytes + at, count - at) {
      data = stripped.data
      used = at + stripped.used
    }
    if let observer { try read(bytes + at, data, observer) }
    return used
  }

  /// Messages are found by their marker: a block has no length. What is incomplete waits in `text`.
  private func read(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ observer: any DeliveryObserver) throws {
    if text.isEmpty {
      let used = try observer.payload.scan(bytes, count) { observer.delivered($0, to: self) }
      if used < count { text = Array(UnsafeBufferPointer(start: bytes + used, count: count - used)) }
      return
    }
    text.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    let used = try text.withUnsafeBufferPointer { whole in
      guard let start = whole.baseAddress else { return 0 }
      return try observer.payload.scan(start, whole.count) { observer.delivered($0, to: self) }
    }
    text.removeSubrange(..<used)
  }
}

private final class LongPollSubscriber: Subscriber {
  override func opened() throws {
    try send(Array("GET \(path) HTTP/1.1\r\nHost: \(generator.target.host)\r\n\r\n".utf8))
    markReady()
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    guard let response = try WholeResponse.parse(bytes, count) else { return 0 }
    if response.status != 200 { throw LoadError.protocolViolation("a poll was answered with \(response.status)") }
    if response.end != count { throw LoadError.protocolViolation("bytes after the answer of a poll") }
    let body = bytes + response.body
    let size = response.end - response.body
    if let observer {
      let used = try observer.payload.scan(body, size) { observer.delivered($0, to: self) }
      if used != size { throw LoadError.wrongContent("the answer of a poll ends inside a message") }
    }
    var request = Array("GET \(path)".utf8)
    request += try cursor(body, size)
    request += Array(" HTTP/1.1\r\nHost: \(generator.target.host)\r\n\r\n".utf8)
    try send(request)
    return count
  }

  /// `?cursor=` with the position after this answer.
  private func cursor(_ body: UnsafeMutablePointer<UInt8>, _ size: Int) throws -> [UInt8] {
    let name = "\"cursor\":\""
    guard let found = bench_find(body, size, name, name.utf8.count) else {
      throw LoadError.protocolViolation("the answer of a poll has no cursor")
    }
    let start = UnsafeRawPointer(found) - UnsafeRawPointer(body) + name.utf8.count
    var end = start
    while end < size, body[end] != UInt8(ascii: "\"") { end += 1 }
    let mark = path.utf8.contains(UInt8(ascii: "?")) ? UInt8(ascii: "&") : UInt8(ascii: "?")
    return [mark] + Array("cursor=".utf8) + Array(UnsafeBufferPointer(start: body + start, count: end - start))
  }
}
