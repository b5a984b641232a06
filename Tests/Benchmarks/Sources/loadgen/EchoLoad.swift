/// WebSocket echo: every connection keeps some messages in flight and checks each answer.
final class EchoLoad {
  private let generator: Generator
  private let connections: Int
  fileprivate let inFlight: Int
  fileprivate let payload: NumberedPayload
  fileprivate var template: FrameTemplate
  fileprivate var batch: [UInt8] = []
  fileprivate var echoes = 0
  private var links: [EchoLink] = []

  init(_ generator: Generator, connections: Int, inFlight: Int, payload size: Int) {
    self.generator = generator
    self.connections = connections
    self.inFlight = inFlight
    payload = NumberedPayload(size: size)
    template = FrameTemplate(payload)
  }

  func open(path: String) throws {
    try generator.open(connections) { _ in
      let link = EchoLink(generator, load: self, path: path)
      links.append(link)
      return link
    }
  }

  /// Sends `count` messages in all (rounded to the same number for each connection) and waits for their echoes.
  func run(count: Int) throws -> Outcome {
    let each = max(1, count / connections)
    let wanted = echoes + each * connections
    let start = Generator.now
    for link in links { try link.begin(each) }
    try generator.run("echoes") { echoes >= wanted }
    return Outcome(messages: each * connections, seconds: Generator.now - start)
  }
}

private final class EchoLink: Link {
  private unowned let load: EchoLoad
  private let path: String
  private var upgraded = false
  private var left = 0
  private var sent = 0
  private var expected = 0

  init(_ generator: Generator, load: EchoLoad, path: String) {
    self.load = load
    self.path = path
    super.init(generator)
  }

  override func opened() throws {
    try send(WebSocketClient.handshake(path: path, host: generator.target.host))
  }

  func begin(_ count: Int) throws {
    left = count
    try sendNext(load.inFlight)
  }

  private func sendNext(_ wanted: Int) throws {
    let count = min(wanted, left)
    if count == 0 { return }
    left -= count
    load.batch.removeAll(keepingCapacity: true)
    for _ in 0..<count {
      load.template.set(sent)
      load.batch += load.template.bytes
      sent += 1
    }
    try send(load.batch)
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    var at = 0
    if !upgraded {
      guard let size = try UpgradeAnswer.size(bytes, count) else { return 0 }
      at = size
      upgraded = true
      markReady()
    }
    var echoed = 0
    while let frame = try WebSocketClient.frame(bytes + at, count - at) {
      switch frame.opcode {
      case 1, 2:
        if frame.end - frame.payload != load.payload.size
          || load.payload.number(at: bytes + at + frame.payload) != expected
        {
          throw LoadError.wrongContent("echo \(expected) is lost, out of order or changed")
        }
        expected += 1
        echoed += 1
      case 9:
        try send(
          WebSocketClient.frame(
            opcode: 10, Array(UnsafeBufferPointer(start: bytes + at + frame.payload, count: frame.end - frame.payload)))
        )
      case 10: break
      default: throw LoadError.closedByServer("frame with opcode \(frame.opcode)")
      }
      at += frame.end
    }
    load.echoes += echoed
    try sendNext(echoed)
    return at
  }
}

/// The answer to a WebSocket handshake.
enum UpgradeAnswer {
  /// Checks it and returns its size; nil when it is not complete.
  static func size(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> Int? {
    guard let head = try ResponseHead.parse(bytes, count) else { return nil }
    if head.status != 101 || !head.text.contains(WebSocketClient.accept) {
      throw LoadError.protocolViolation("upgrade answered with: \(head.text)")
    }
    return head.size
  }
}

/// What a run came to.
struct Outcome {
  /// Echoes, deliveries, responses or connections.
  var messages: Int
  var seconds: Double
  var missing = 0
  var repeated = 0

  var line: String {
    "done messages=\(messages) microseconds=\(Int(seconds * 1e6)) missing=\(missing) repeated=\(repeated)"
  }
}
