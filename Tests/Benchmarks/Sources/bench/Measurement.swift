import Foundation

/// What a row came to on one server.
struct Figures {
  /// Median over the runs of the server's microseconds on the processor per unit.
  var microseconds: Double?
  /// User instructions per unit.
  var instructions: Double?
}

/// A server that rows are measured on, at full speed and, where the processor does not count, under callgrind.
final class Contender {
  let profile: ServerProfile
  private let native: Server
  private let simulated: Server?

  /// - Parameter simulates: whether instructions are wanted where only callgrind can count them.
  init(_ profile: ServerProfile, simulates: Bool = true, directory: URL) throws {
    self.profile = profile
    native = try Server(profile, directory: directory)
    if !simulates || ProcessFigures.hasInstructionCounter || !Callgrind.isAvailable {
      simulated = nil
    } else {
      simulated = try Server(profile, underCallgrind: true, directory: directory)
    }
  }

  func stop() {
    native.stop()
    simulated?.stop()
  }

  /// Measures a row on several servers: their runs take turns, so that a disturbance meets them all.
  ///
  /// - Returns: figures for each, nil for one that has no such route.
  static func measure(_ row: LoadRow, on contenders: [Contender], runs: Int) throws -> [Figures?] {
    let series = try contenders.map { contender in
      try row.arguments(contender.profile).map { try Series(row, server: contender.native, arguments: $0) }
    }
    defer { for one in series { one?.stop() } }
    for _ in 0..<runs {
      for one in series { try one?.run() }
    }
    return try zip(contenders, series).map { contender, series in
      guard var figures = series?.figures else { return nil }
      if figures.instructions == nil { figures.instructions = try contender.simulate(row) }
      return figures
    }
  }

  /// User instructions per unit, by callgrind.
  private func simulate(_ row: LoadRow) throws -> Double? {
    guard let simulated, let callgrind = simulated.callgrind, let arguments = row.arguments(profile) else { return nil }
    let load = try simulated.load(arguments + ["--timeout", "90"])
    defer { load.stop() }
    try load.run(row.warmUpUnderCallgrind ?? max(1, row.countUnderCallgrind / 10))
    var units = 0
    let profile = try callgrind.profile { units = try load.run(row.countUnderCallgrind) }
    return Double(profile.instructions) / Double(units)
  }
}

/// The runs of one row on one server at full speed.
private final class Series {
  private let row: LoadRow
  private let process: ProcessFigures
  private let load: Load
  private var times: [Double] = []
  private var instructions: [Double] = []

  init(_ row: LoadRow, server: Server, arguments: [String]) throws {
    self.row = row
    process = ProcessFigures(identifier: server.identifier)
    load = try server.load(arguments)
    try load.run(max(1, row.count / 5))
  }

  func run() throws {
    var units = 0
    let before = process.processorTime
    let count = try process.userInstructions { units = try load.run(row.count) }
    times.append(Double(process.processorTime - before) / 1_000 / Double(units))
    if let count { instructions.append(Double(count) / Double(units)) }
  }

  func stop() { load.stop() }

  var figures: Figures { Figures(microseconds: median(times), instructions: median(instructions)) }
}

func median(_ values: [Double]) -> Double? {
  let sorted = values.sorted()
  return sorted.isEmpty ? nil : sorted[sorted.count / 2]
}

/// What connections that stand cost.
struct IdleFigures {
  /// Growth of anonymous memory per connection.
  var resident: Int
  /// Growth of what malloc has handed out per connection; nil when the server does not tell.
  var allocated: Int?
}

/// Opens connections that stand, and leaves them to the caller.
func measureIdle(_ row: IdleRow, on server: Server, connections: Int) throws -> (IdleFigures, Load)? {
  guard let path = row.path(server.profile) else { return nil }
  let process = ProcessFigures(identifier: server.identifier)
  let (resident, allocated) = (process.anonymousBytes, bytesAllocated(server))
  let load = try server.load(
    [
      "idle", "--transport", row.transport, "--path", path, "--connections", String(connections), "--sources", "8",
    ])
  let figures = IdleFigures(
    resident: (process.anonymousBytes - resident) / connections,
    allocated: both(bytesAllocated(server), allocated).map { ($0 - $1) / connections })
  return (figures, load)
}

private func both(_ a: Int?, _ b: Int?) -> (Int, Int)? {
  if let a, let b { (a, b) } else { nil }
}

/// What the server's own route says.
private func bytesAllocated(_ server: Server) -> Int? {
  guard let path = server.profile.memory else { return nil }
  let answer = withConnection(server.port) { fd -> String in
    let request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\n\r\n"
    _ = request.withCString { send(fd, $0, strlen($0), 0) }
    var text = [UInt8](repeating: 0, count: 4096)
    var count = 0
    while count < text.count {
      let more = text.withUnsafeMutableBytes { recv(fd, $0.baseAddress.map { $0 + count }, $0.count - count, 0) }
      if more <= 0 { break }
      count += more
    }
    return String(decoding: text[..<count], as: UTF8.self)
  }
  guard let answer, answer.hasPrefix("HTTP/1.1 200"), let end = answer.range(of: "\r\n\r\n") else { return nil }
  return Int(answer[end.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines))
}
