import Foundation

/// A server under callgrind, steered from outside while it runs.
///
/// Instrumentation is off while connections are opened, so that thousands of handshakes do not take minutes.
final class Callgrind {
  private let identifier: Int32
  private let output: URL
  private var parts = 0
  private var isOn = false

  init(identifier: Int32, output: URL) {
    self.identifier = identifier
    self.output = output
  }

  static func command(output: URL) -> [String] {
    [
      "valgrind", "--tool=callgrind", "--instr-atstart=no", "--dump-line=no", "--fair-sched=try",
      "--callgrind-out-file=\(output.path)",
    ]
  }

  /// Keeps valgrind from crashing in the main thread of libdispatch.
  static let environment = [
    "LD_PRELOAD": [
      Bundle.main.bundleURL.appendingPathComponent("libValgrindShim.so").path,
      ProcessInfo.processInfo.environment["LD_PRELOAD"],
    ].compactMap(\.self).joined(separator: ":")
  ]

  /// The command with a copy of its binary that has symbols but no debug information: valgrind 3.19 gives up on the
  /// DWARF 5 that clang writes for C.
  static func readable(_ command: [String], in directory: URL) throws -> [String] {
    guard let binary = command.first else { return command }
    let copy = directory.appendingPathComponent("stripped-" + URL(fileURLWithPath: binary).lastPathComponent)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["strip", "--strip-debug", "-o", copy.path, binary]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? [copy.path] + command.dropFirst() : command
  }

  static let isAvailable: Bool = {
    ["/usr/bin/valgrind", "/usr/local/bin/valgrind"].contains { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// What runs during `body`, and nothing before or after it.
  func profile(_ body: () throws -> Void) throws -> Profile {
    try order("instrumentation on")
    defer { try? order("instrumentation off") }
    try order("zero")
    try body()
    try order("dump")
    parts += 1
    let file = output.path + ".\(parts)"
    defer { try? FileManager.default.removeItem(atPath: file) }
    guard let text = FileManager.default.contents(atPath: file) else {
      throw BenchmarkError.failed("callgrind wrote no \(file)")
    }
    return Profile(text)
  }

  private func order(_ order: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["vgdb", "--pid=\(identifier)", "--wait=20"] + order.split(separator: " ").map(String.init)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw BenchmarkError.failed("vgdb \(order): \(process.terminationStatus)") }
  }
}

/// A profile that callgrind wrote: instructions in all, and who called whom how often.
struct Profile {
  struct Call: Hashable {
    var caller: String
    var callee: String
  }

  private(set) var instructions = 0
  private(set) var calls: [Call: Int] = [:]
  /// Instructions of each function without those that it called.
  private(set) var own: [String: Int] = [:]

  /// Reads the format described in valgrind's manual: names are given once, as `(number) name`, and then by number.
  init(_ text: Data) {
    var names: [Substring: String] = [:]
    var caller = ""
    var callee = ""
    func name(_ value: Substring) -> String {
      guard let end = value.firstIndex(of: ")") else { return String(value) }
      let number = value[...end]
      if let known = names[number] { return known }
      // A recursive function has a name of its own for each depth: `name'2`.
      let plain = value[end...].dropFirst(2)
      let base = plain.lastIndex(of: "'").map { String(plain[..<$0]) } ?? String(plain)
      names[number] = base
      return base
    }
    var isCall = false
    for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("fn=") {
        caller = name(line.dropFirst(3))
      } else if line.hasPrefix("cfn=") {
        callee = name(line.dropFirst(4))
      } else if line.hasPrefix("calls=") {
        let count = line.dropFirst(6).prefix { $0 != " " }
        calls[Call(caller: caller, callee: callee), default: 0] += Int(count) ?? 0
        // The next line is what the calls cost in all.
        isCall = true
      } else if line.hasPrefix("summary:") {
        instructions = Int(line.dropFirst(8).trimmingPrefix(" ").prefix { $0 != " " }) ?? 0
      } else if let first = line.utf8.first, first == 43 || first == 42 || first == 45 || (48...57).contains(first) {
        if !isCall { own[caller, default: 0] += line.split(separator: " ").last.flatMap { Int($0) } ?? 0 }
        isCall = false
      }
    }
  }

  /// How often each function was called.
  var counts: [String: Int] {
    calls.reduce(into: [:]) { $0[$1.key.callee, default: 0] += $1.value }
  }

  /// Who called a function, most often first.
  func callers(of function: String) -> [(caller: String, count: Int)] {
    calls.filter { $0.key.callee == function }.map { ($0.key.caller, $0.value) }.sorted { $0.count > $1.count }
  }
}
