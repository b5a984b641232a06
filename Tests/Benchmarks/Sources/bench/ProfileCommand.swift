import ArgumentParser
import Foundation

/// Shows where the instructions of a row go: each function's own, per message or delivery.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Lists the functions in which a row's instructions are spent.")

  @OptionGroup var options: ServerOptions
  @Option(help: "Rows whose name contains this.") var rows = "echo, 1 in flight"
  @Option(help: "Most functions per row.") var functions = 30
  @Option(help: "Also who calls this function, such as swift_retain.") var callersOf: [String] = []

  func run() throws {
    let rows = LoadRow.all.filter { $0.name.localizedStandardContains(self.rows) }
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("halley-profile-\(getpid())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let server = try Server(options.profile, underCallgrind: true, directory: directory)
    defer { server.stop() }
    guard let callgrind = server.callgrind else { return }
    for row in rows {
      guard let arguments = row.arguments(options.profile) else { continue }
      let load = try server.load(arguments + ["--timeout", "90"])
      defer { load.stop() }
      try load.run(row.warmUpUnderCallgrind ?? max(1, row.countUnderCallgrind / 10))
      var units = 0
      let profile = try callgrind.profile { units = try load.run(row.countUnderCallgrind) }
      report(row, profile, units)
    }
  }

  private func report(_ row: LoadRow, _ profile: Profile, _ units: Int) {
    let counts = profile.counts
    say(
      String(
        format: "%@: %.1f user instructions per %@", row.name, Double(profile.instructions) / Double(units), row.unit))
    say("      own     calls  function")
    for (name, cost) in profile.own.sorted(by: { $0.value > $1.value }).prefix(functions) {
      let each = Double(cost) / Double(units)
      if each < 0.005 { break }
      say(String(format: "%9.3f %9.4f  ", each, Double(counts[name, default: 0]) / Double(units)) + name)
    }
    for callee in callersOf {
      say("    calls  caller of \(callee)")
      for (call, count) in profile.calls.filter({ $0.key.callee == callee }).sorted(by: { $0.value > $1.value }) {
        let each = Double(count) / Double(units)
        if each >= 0.0001 { say(String(format: "%9.4f  ", each) + call.caller) }
      }
    }
  }
}
