import CLinux
import Foundation

/// What the kernel tells of a process.
struct ProcessFigures {
  let identifier: Int32

  private var threads: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task")) ?? []
  }

  /// Nanoseconds on a processor, all threads, user and system.
  var processorTime: UInt64 {
    threads.reduce(0) { sum, thread in
      let text = (try? String(contentsOfFile: "/proc/\(identifier)/task/\(thread)/schedstat", encoding: .utf8)) ?? ""
      return sum + (text.split(separator: " ").first.flatMap { UInt64($0) } ?? 0)
    }
  }

  /// Bytes of anonymous memory in use, the kernel's share of a connection not counted.
  var anonymousBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/\(identifier)/smaps_rollup", encoding: .utf8)) ?? ""
    for line in text.split(separator: "\n") where line.hasPrefix("Anonymous:") {
      return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
    return 0
  }

  var openDescriptors: Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd")) ?? []).count
  }

  /// Counts retired user instructions around `body`; nil where the processor's counters cannot be had.
  func userInstructions(_ body: () throws -> Void) rethrows -> Int? {
    let counters = threads.compactMap { Int32($0) }.map { bench_count_instructions($0, 0) }
    defer { for counter in counters where counter >= 0 { close(counter) } }
    if counters.isEmpty || counters.contains(where: { $0 < 0 }) {
      try body()
      return nil
    }
    let before = counters.map(count)
    try body()
    return zip(counters, before).reduce(0) { $0 + count($1.0) - $1.1 }
  }

  private func count(_ counter: Int32) -> Int {
    var value: UInt64 = 0
    return read(counter, &value, 8) == 8 ? Int(truncatingIfNeeded: value) : 0
  }

  /// Whether this machine counts instructions.
  static let hasInstructionCounter: Bool = {
    let counter = bench_count_instructions(0, 0)
    if counter >= 0 { close(counter) }
    return counter >= 0
  }()
}
