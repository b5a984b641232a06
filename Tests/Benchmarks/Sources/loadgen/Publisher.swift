import Glibc

/// How messages get into the channel.
enum PublishMethod: String, CaseIterable {
  case ws, post
}

/// The connection that publishes.
class Publisher: Link {
  let path: String
  let payload: NumberedPayload

  init(_ generator: Generator, path: String, payload: NumberedPayload) {
    self.path = path
    self.payload = payload
    super.init(generator)
  }

  /// How many may be handed over now.
  var room: Int { .max }

  /// Publishes the messages of these numbers with one write.
  func publish(_ numbers: Range<Int>) throws {}

  static func make(_ method: PublishMethod, _ generator: Generator, path: String, payload: NumberedPayload) -> Publisher
  {
    switch method {
    case .ws: WebSocketPublisher(generator, path: path, payload: payload)
    case .post: PostPublisher(generator, path: path, payload: payload)
    }
  }
}

private final class WebSocketPublisher: Publisher {
  private var template: FrameTemplate?
  private var upgraded = false

  override func opened() throws {
    template = FrameTemplate(payload)
    try send(WebSocketClient.handshake(path: path, host: generator.target.host))
  }

  override func publish(_ numbers: Range<Int>) throws {
    var batch: [UInt8] = []
    for number in numbers {
      template?.set(number)
      batch += template?.bytes ?? []
    }
    try send(batch)
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    var at = 0
    if !upgraded {
      guard let size = try UpgradeAnswer.size(bytes, count) else { return 0 }
      at = size
      upgraded = true
      markReady()
    }
    // It may be a subscriber too: its own messages come back and are not looked at.
    while let frame = try WebSocketClient.frame(bytes + at, count - at) {
      if frame.opcode == 8 { throw LoadError.closedByServer("the publisher") }
      if frame.opcode == 9 { try send(WebSocketClient.frame(opcode: 10, [])) }
      at += frame.end
    }
    return at
  }
}

/// One POST at a time on one connection, so that the order is the order of publishing.
private final class PostPublisher: Publisher {
  private var idle = true

  override var room: Int { idle ? 1 : 0 }

  override func opened() throws { markReady() }

  override func publish(_ numbers: Range<Int>) throws {
    for number in numbers {
      idle = false
      let head =
        "POST \(path) HTTP/1.1\r\nHost: \(generator.target.host)\r\nContent-Type: text/plain\r\n"
        + "Content-Length: \(payload.size)\r\n\r\n"
      try send(Array(head.utf8) + payload.bytes(number))
    }
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    guard let response = try WholeResponse.parse(bytes, count) else { return 0 }
    if !(200..<300).contains(response.status) {
      throw LoadError.protocolViolation("publishing was answered with \(response.status)")
    }
    idle = true
    return response.end
  }
}
