/// Connections that only stand: they answer pings and poll again, and nothing else.
final class IdleLoad {
  private let generator: Generator

  init(_ generator: Generator) { self.generator = generator }

  func open(_ transport: Transport, connections: Int, path: String) throws {
    try generator.open(connections) { _ in Subscriber.make(transport, generator, path: path, observer: nil) }
    // A poll is ready when it is sent; give the server the time to hold the last ones.
    if transport == .poll { try generator.run(seconds: 0.5) }
  }
}
