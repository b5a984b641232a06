/// Connect, upgrade, close, again and again; the client ends each connection with FIN.
final class ConnectLoad {
  private let generator: Generator
  private let connections: Int
  fileprivate let path: String
  fileprivate var left = 0
  fileprivate var finished = 0
  private var links: [ConnectLink] = []

  init(_ generator: Generator, connections: Int, path: String) {
    self.generator = generator
    self.connections = connections
    self.path = path
  }

  func run(count: Int) throws -> Outcome {
    let start = Generator.now
    let wanted = finished + count
    left = count
    while links.count < connections, left > 0 {
      let link = ConnectLink(generator, load: self)
      links.append(link)
      left -= 1
      try generator.start(link)
    }
    for link in links where link.fd < 0 && left > 0 {
      left -= 1
      try link.connect()
    }
    try generator.run("connections") { finished >= wanted }
    return Outcome(messages: count, seconds: Generator.now - start)
  }
}

private final class ConnectLink: Link {
  private unowned let load: ConnectLoad

  init(_ generator: Generator, load: ConnectLoad) {
    self.load = load
    super.init(generator)
  }

  override func opened() throws {
    try send(WebSocketClient.handshake(path: load.path, host: generator.target.host))
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    if try UpgradeAnswer.size(bytes, count) == nil { return 0 }
    disconnect()
    load.finished += 1
    if load.left > 0 {
      load.left -= 1
      try connect()
    }
    return count
  }
}
