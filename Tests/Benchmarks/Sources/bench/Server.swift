import Foundation

/// Which server is measured: how it is started and where its routes are.
struct ServerProfile {
  var name: String
  /// The command; `PORT` in an argument stands for the port.
  var command: [String]
  var echo: String
  var asyncEcho: String
  var webSocket: String
  var eventStream: String
  var longPoll: String?
  var publish: String
  var get: String?
  /// A resource that answers with the bytes that malloc has handed out.
  var memory: String?
}

/// A running server.
final class Server {
  let profile: ServerProfile
  let port: UInt16
  let child: Child
  /// Set when it runs under callgrind.
  let callgrind: Callgrind?

  var identifier: Int32 { child.identifier }

  init(_ profile: ServerProfile, underCallgrind: Bool = false, directory: URL) throws {
    self.profile = profile
    let port = try freePort()
    self.port = port
    let command = profile.command.map { $0.replacingOccurrences(of: "PORT", with: String(port)) }
    let log = directory.appendingPathComponent("server-\(port).log")
    if underCallgrind {
      let output = directory.appendingPathComponent("callgrind-\(port)")
      child = try Child(
        Callgrind.command(output: output) + Callgrind.readable(command, in: directory),
        environment: Callgrind.environment, log: log)
      callgrind = Callgrind(identifier: child.identifier, output: output)
    } else {
      child = try Child(command, log: log)
      callgrind = nil
    }
    child.discardOutput()
    let end = Date.now + (underCallgrind ? 60 : 10)
    while !accepts(port) {
      if !child.isRunning || Date.now > end {
        child.stop()
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        throw BenchmarkError.failed("\(command.joined(separator: " ")) does not serve: \(text.suffix(500))")
      }
      usleep(50_000)
    }
  }

  func stop() { child.stop() }

  /// Starts a generator against this server and waits until its connections stand.
  func load(_ arguments: [String]) throws -> Load { try Load(arguments, port: port) }
}

/// A generator that obeys.
final class Load {
  private let child: Child
  private let name: String

  init(_ arguments: [String], port: UInt16) throws {
    name = arguments.joined(separator: " ")
    child = try Child([Load.executable] + arguments + ["--port", String(port), "--control"], log: Load.log)
    guard child.line() == "ready" else { throw failure("did not connect") }
  }

  static let executable = Bundle.main.bundleURL.appendingPathComponent("loadgen").path
  private static let log = FileManager.default.temporaryDirectory.appendingPathComponent("loadgen-\(getpid()).log")

  /// Runs so many messages and returns how many echoes, deliveries or answers that came to.
  @discardableResult
  func run(_ count: Int) throws -> Int {
    try child.send("go \(count)")
    guard let line = child.line(), line.hasPrefix("done ") else { throw failure("failed") }
    var values: [Substring: Int] = [:]
    for word in line.split(separator: " ").dropFirst() {
      let pair = word.split(separator: "=")
      if pair.count == 2 { values[pair[0]] = Int(pair[1]) }
    }
    guard values["missing"] == 0, values["repeated"] == 0, let messages = values["messages"], messages > 0 else {
      throw failure("lost or doubled messages: \(line)")
    }
    return messages
  }

  func stop() { child.stop(after: 5) }

  private func failure(_ what: String) -> BenchmarkError {
    child.stop(after: 1)
    let text = (try? String(contentsOf: Load.log, encoding: .utf8)) ?? ""
    return .failed("loadgen \(name) \(what). \(text.suffix(300))")
  }
}

private func freePort() throws -> UInt16 {
  let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(fd) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(fd, $0, size) == 0 && getsockname(fd, $0, &size) == 0 }
  }
  if !result { throw BenchmarkError.failed("no free port") }
  return UInt16(bigEndian: address.sin_port)
}

/// Runs `body` with a connection to the port, if one can be had.
func withConnection<R>(_ port: UInt16, _ body: (Int32) -> R) -> R? {
  let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(fd) }
  var patience = timeval(tv_sec: 5, tv_usec: 0)
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
  return result == 0 ? body(fd) : nil
}

private func accepts(_ port: UInt16) -> Bool { withConnection(port) { _ in true } ?? false }
