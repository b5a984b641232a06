import ArgumentParser
import Foundation

extension ServerProfile {
  /// The site of this package, `Sites/Load.swift`, on one loop.
  static func halley(_ command: [String]?) -> ServerProfile {
    let binary = Bundle.main.bundleURL.appendingPathComponent("load-server").path
    return ServerProfile(
      name: "Halley",
      command: (command ?? [binary, "serve"]) + ["--listen", "127.0.0.1:PORT", "--threads", "1"],
      echo: "/load/echo", asyncEcho: "/load/async", webSocket: "/load/messages", eventStream: "/load/messages",
      longPoll: "/load/messages", publish: "/load/messages", get: "/load/hello", memory: "/load/memory")
  }

  /// A bare server with the routes `/echo`, `/async`, `/sub`, `/sse` and `/pub`, and the port as its only argument.
  static func bare(_ command: [String]) -> ServerProfile {
    ServerProfile(
      name: command.first.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "bare", command: command + ["PORT"],
      echo: "/echo", asyncEcho: "/async", webSocket: "/sub", eventStream: "/sse", publish: "/pub")
  }

  /// What a row is compared with in the same run.
  static func floor(_ floor: LoadRow.Floor) -> ServerProfile {
    func beside(_ name: String) -> String { Bundle.main.bundleURL.appendingPathComponent(name).path }
    var profile: ServerProfile
    switch floor {
    case .events: profile = .bare([beside("floor-peer")])
    case .evhttp: profile = .bare([beside("evhttp-peer")])
    }
    profile.name = floor.rawValue
    profile.get = floor == .evhttp ? "/hello" : nil
    return profile
  }
}

/// Which server to measure.
struct ServerOptions: ParsableArguments {
  @Option(
    help: "Command of a Halley server with the site Load; by default the one of this package. Split at spaces.")
  var server: String?

  @Option(help: "Command of a server with the routes /echo, /async, /sub, /sse, /pub instead; the port is appended.")
  var bare: String?

  var profile: ServerProfile {
    if let bare { return .bare(words(bare)) }
    return .halley(server.map(words))
  }

  private func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
}
