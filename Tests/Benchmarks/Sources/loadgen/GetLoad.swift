/// Plain requests on connections that are kept, one in flight on each.
final class GetLoad {
  private let generator: Generator
  private let connections: Int
  fileprivate let request: [UInt8]
  fileprivate var left = 0
  fileprivate var finished = 0
  private var links: [GetLink] = []

  init(_ generator: Generator, connections: Int, path: String) {
    self.generator = generator
    self.connections = connections
    request = Array("GET \(path) HTTP/1.1\r\nHost: \(generator.target.host)\r\n\r\n".utf8)
  }

  func open() throws {
    try generator.open(connections) { _ in
      let link = GetLink(generator, load: self)
      links.append(link)
      return link
    }
  }

  func run(count: Int) throws -> Outcome {
    let start = Generator.now
    let wanted = finished + count
    left = count
    for link in links { try link.ask() }
    try generator.run("responses") { finished >= wanted }
    return Outcome(messages: count, seconds: Generator.now - start)
  }
}

private final class GetLink: Link {
  private unowned let load: GetLoad

  init(_ generator: Generator, load: GetLoad) {
    self.load = load
    super.init(generator)
  }

  override func opened() throws { markReady() }

  func ask() throws {
    if load.left == 0 { return }
    load.left -= 1
    try send(load.request)
  }

  override func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int {
    guard let response = try WholeResponse.parse(bytes, count) else { return 0 }
    if response.status != 200 { throw LoadError.protocolViolation("a request was answered with \(response.status)") }
    load.finished += 1
    try ask()
    return response.end
  }
}
