import ArgumentParser

/// A small, cheap source of load: one thread, epoll, raw sockets.
@main
struct LoadGenerator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loadgen",
    abstract: "Puts load on a push server and checks every answer.",
    discussion: """
      With --control it prints `ready` once connected, and then obeys lines on standard input: `go COUNT` runs so many \
      messages and prints `done messages=… microseconds=… missing=… repeated=…`; `quit`, or the end of input, ends it. \
      Without, it runs --count once.
      """,
    subcommands: [Echo.self, FanOut.self, Idle.self, Connect.self, Get.self])
}

/// What every mode needs.
struct Common: ParsableArguments {
  @Option(help: "IPv4 address of the server.") var address = "127.0.0.1"
  @Option(help: "Port of the server.") var port: UInt16
  @Option(help: "Value of the Host field; the address and port by default.") var host: String?
  @Option(help: "Source addresses 127.0.0.1 … 127.0.0.N, used in turn.") var sources = 1
  @Option(help: "Messages of a run.") var count = 10_000
  @Option(help: "Seconds that opening, or one run, may take.") var timeout = 60.0
  @Flag(help: "Take orders from standard input.") var control = false

  func generator() throws -> Generator {
    let target = Target(address: address, port: port, host: host ?? "\(address):\(port)", sources: sources)
    return try Generator(target, console: control ? Console() : nil, timeout: timeout)
  }

  /// Runs a load once, or as often as standard input says.
  func drive(_ generator: Generator, _ run: (Int) throws -> Outcome) throws {
    guard let console = generator.console else {
      let outcome = try run(count)
      Console.say(outcome.line)
      if outcome.missing + outcome.repeated > 0 { throw ExitCode.failure }
      return
    }
    Console.say("ready")
    while true {
      // An hour is the longest that a forgotten generator lives; losing its standard input ends it at once.
      try generator.run("orders", for: 3600) { console.hasOrder }
      guard case .go(let count) = console.next() else { return }
      Console.say(try run(count).line)
    }
  }
}

/// Messages over WebSocket that come back.
struct Echo: ParsableCommand {
  @OptionGroup var common: Common
  @Option(help: "Path of the WebSocket.") var path = "/echo"
  @Option(help: "Connections.") var connections = 64
  @Option(help: "Messages in flight on each connection.") var inFlight = 1
  @Option(help: "Payload bytes, at least 11.") var payload = 32

  func run() throws {
    let generator = try common.generator()
    let load = EchoLoad(generator, connections: connections, inFlight: inFlight, payload: payload)
    try load.open(path: path)
    try common.drive(generator) { try load.run(count: $0) }
  }
}

/// One publisher, many subscribers.
struct FanOut: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "fanout")

  @OptionGroup var common: Common
  @Option(help: "ws, sse or poll.") var transport = Transport.ws
  @Option(help: "Path of the subscribers.") var path = "/sub"
  @Option(help: "Subscribers.") var subscribers = 1000
  @Option(help: "Publish over ws or by post.") var publish = PublishMethod.ws
  @Option(help: "Path of the publisher.") var publishPath = "/pub"
  @Option(help: "Messages outstanding.") var outstanding = 1
  @Option(help: "Payload bytes, at least 11.") var payload = 128

  func run() throws {
    let generator = try common.generator()
    let load = FanOutLoad(generator, payload: payload, outstanding: outstanding)
    try load.open(transport, subscribers: subscribers, path: path, publish: (publish, publishPath))
    try common.drive(generator) { try load.run(count: $0) }
  }
}

/// Connections that stand and do nothing; the count of an order is taken as milliseconds to wait.
struct Idle: ParsableCommand {
  @OptionGroup var common: Common
  @Option(help: "ws, sse or poll.") var transport = Transport.ws
  @Option(help: "Path of the connections.") var path = "/sub"
  @Option(help: "Connections.") var connections = 1000

  func run() throws {
    let generator = try common.generator()
    let load = IdleLoad(generator)
    try load.open(transport, connections: connections, path: path)
    try common.drive(generator) {
      try generator.run(seconds: Double($0) / 1000)
      return Outcome(messages: connections, seconds: Double($0) / 1000)
    }
  }
}

/// Connect, upgrade to WebSocket, close.
struct Connect: ParsableCommand {
  @OptionGroup var common: Common
  @Option(help: "Path of the WebSocket.") var path = "/sub"
  @Option(help: "Connections at a time.") var connections = 16

  func run() throws {
    let generator = try common.generator()
    let load = ConnectLoad(generator, connections: connections, path: path)
    try common.drive(generator) { try load.run(count: $0) }
  }
}

/// Requests on connections that are kept.
struct Get: ParsableCommand {
  @OptionGroup var common: Common
  @Option(help: "Path of the resource.") var path = "/"
  @Option(help: "Connections.") var connections = 64

  func run() throws {
    let generator = try common.generator()
    let load = GetLoad(generator, connections: connections, path: path)
    try load.open()
    try common.drive(generator) { try load.run(count: $0) }
  }
}

extension Transport: ExpressibleByArgument {}
extension PublishMethod: ExpressibleByArgument {}
