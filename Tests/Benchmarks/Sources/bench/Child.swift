import Foundation

/// A process that this one started, that shares its core with the others, and that ends when this one does.
final class Child {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var text: [UInt8] = []

  var identifier: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// - Parameter log: where standard error goes; discarded when nil.
  init(_ command: [String], environment: [String: String] = [:], log: URL? = nil) throws {
    // All of these replace themselves by the next, so the process identifier is the command's own. The death signal
    // keeps a killed benchmark from leaving a server behind.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["setpriv", "--pdeathsig", "KILL"] + Child.placement + command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    process.standardOutput = output
    if let log {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
      process.standardError = try FileHandle(forWritingTo: log)
    } else {
      process.standardError = FileHandle.nullDevice
    }
    try process.run()
  }

  /// Server and generator share one core in the batch class: only there is CPU time steady. Where the machine has one
  /// core or forbids it, they run as they are.
  static let placement: [String] = {
    let wanted = ["taskset", "-c", "1", "chrt", "--batch", "0"]
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    probe.arguments = wanted + ["true"]
    probe.standardError = FileHandle.nullDevice
    guard (try? probe.run()) != nil else { return [] }
    probe.waitUntilExit()
    return probe.terminationStatus == 0 ? wanted : []
  }()

  func send(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
  }

  /// The next line of standard output; nil at its end. The child bounds the time that this takes.
  func line() -> String? {
    while true {
      if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: text[..<end], as: UTF8.self)
        text.removeSubrange(...end)
        return line
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      text += more
    }
  }

  /// Throws away what the child prints from now on.
  func discardOutput() {
    output.fileHandleForReading.readabilityHandler = { if $0.availableData.isEmpty { $0.readabilityHandler = nil } }
  }

  /// Closes its standard input, and ends it if that does not.
  func stop(after seconds: Double = 0) {
    try? input.fileHandleForWriting.close()
    wait(seconds)
    if process.isRunning { process.terminate() }
    wait(5)
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    output.fileHandleForReading.readabilityHandler = nil
  }

  private func wait(_ seconds: Double) {
    let end = Date.now + seconds
    while process.isRunning, Date.now < end { usleep(5_000) }
  }
}

/// What stops the benchmark.
enum BenchmarkError: Error, CustomStringConvertible {
  case failed(String)

  var description: String {
    switch self {
    case .failed(let what): what
    }
  }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) {
  print(line)
  fflush(nil)
}
