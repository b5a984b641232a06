import ArgumentParser
import Foundation

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures a push server beside its budgets.",
    subcommands: [TableCommand.self, HotPathCommand.self, ProfileCommand.self], defaultSubcommand: TableCommand.self)
}

/// Prints the server's processor time, user instructions and memory beside the budgets.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "table")

  @OptionGroup var options: ServerOptions
  @Flag(help: "One run instead of three, fewer messages and connections; under a minute.") var quick = false
  @Option(help: "Only rows whose name contains this.") var rows: String?
  @Option(help: "Command of a bare server to measure beside this one, row by row.") var beside: String?
  @Option(help: "Idle connections of each kind.") var connections: Int?

  func run() throws {
    let start = Date.now
    let limit = quick ? 55.0 : 170.0
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("halley-bench-\(getpid())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }

    var failures: [String] = []
    func inTime(_ name: String) -> Bool {
      if Date.now.timeIntervalSince(start) < limit { return true }
      failures.append("\(name): out of time")
      return false
    }
    try time(directory, inTime, &failures)
    try memory(directory, inTime, &failures)
    say("\n\(Int(Date.now.timeIntervalSince(start))) s")
    if !failures.isEmpty {
      say("not met: " + failures.joined(separator: "; "))
      throw ExitCode.failure
    }
  }

  private func wanted(_ name: String) -> Bool { rows.map { name.localizedStandardContains($0) } ?? true }

  // MARK: Time

  private func time(_ directory: URL, _ inTime: (String) -> Bool, _ failures: inout [String]) throws {
    let rows = LoadRow.all.filter { wanted($0.name) }
    if rows.isEmpty { return }
    var contenders = [try Contender(options.profile, directory: directory)]
    defer { for contender in contenders { contender.stop() } }
    if let beside {
      contenders.append(try Contender(.bare(beside.split(separator: " ").map(String.init)), directory: directory))
    }
    var floors: [LoadRow.Floor: Contender] = [:]
    defer { for floor in floors.values { floor.stop() } }

    say("\(options.profile.name): server and generator on one core; user instructions by \(source).")
    say(
      "limit: the lesser of the budget and 1.2 × the prototype (GET: 1.2 × evhttp in C). Only instructions pass or fail."
    )
    say(
      "× floor: processor time against \(LoadRow.Floor.events.rawValue), measured in turns; uWebSockets' echo is at 1.03.\n"
    )
    say(line("", "CPU µs", "× floor", "user insn", "limit", "ratio", "prototype", "", "peers (CPU µs, user insn)"))
    for row in rows {
      guard inTime(row.name), row.arguments(options.profile) != nil else { continue }
      if let floor = row.floor, floors[floor] == nil {
        // The limit of a plain request comes from its floor; the other floors' instructions are only of interest.
        floors[floor] = try Contender(.floor(floor), simulates: !quick || floor == .evhttp, directory: directory)
      }
      let floor = row.floor.flatMap { floors[$0] }
      let all = contenders + (floor.map { [$0] } ?? [])
      let figures = try Contender.measure(scaled(row), on: all, runs: quick ? 1 : 3)
      if !report(row, Array(zip(all.map(\.profile.name), figures)), hasFloor: floor != nil) {
        failures.append(row.name)
      }
    }
  }

  /// Prints the lines of a row; the first server is the one measured, the last one the floor if there is one.
  ///
  /// - Returns: false when the limit is passed.
  private func report(_ row: LoadRow, _ results: [(name: String, figures: Figures?)], hasFloor: Bool) -> Bool {
    guard let ours = results.first?.figures else { return true }
    let floor = hasFloor ? results.last?.figures : nil
    let limit = row.limit ?? (row.floor == .evhttp ? floor?.instructions.map { $0 * 1.2 } : nil)
    let ratio = quotient(ours.instructions, limit)
    let verdict = ratio.map { $0 <= 1 ? "ok" : "OVER" } ?? "-"
    say(
      line(
        row.name, number(ours.microseconds, 3), number(quotient(ours.microseconds, floor?.microseconds), 2),
        number(ours.instructions, 1), number(limit, 1), number(ratio, 2), number(row.prototype, 0), verdict, row.peers))
    for (name, figures) in results.dropFirst() {
      guard let figures else { continue }
      say(
        line(
          "  \(name)", number(figures.microseconds, 3), number(quotient(figures.microseconds, floor?.microseconds), 2),
          number(figures.instructions, 1), "", "", "", "", ""))
    }
    return verdict != "OVER"
  }

  private func quotient(_ a: Double?, _ b: Double?) -> Double? {
    if let a, let b, b > 0 { a / b } else { nil }
  }

  private var source: String {
    if ProcessFigures.hasInstructionCounter { return "the processor's counter" }
    return Callgrind.isAvailable ? "callgrind (no counter on this machine)" : "nothing: no counter, no valgrind"
  }

  private func scaled(_ row: LoadRow) -> LoadRow {
    var row = row
    if quick { row.count = max(1, row.count / 4) }
    return row
  }

  // MARK: Memory

  private func memory(_ directory: URL, _ inTime: (String) -> Bool, _ failures: inout [String]) throws {
    let rows = IdleRow.all.filter { wanted($0.name) }
    if rows.isEmpty { return }
    let count = connections ?? (quick ? 2_000 : 9_000)
    say(
      "\nUser-space bytes of an idle connection, \(count) of each kind; the first two kinds at once in one process.\n")
    say(line("", "resident", "malloc", "", "limit", "ratio", "prototype", "", "peers"))
    // Two rows share a server, so that both kinds stand at once; the next two have a fresh one each.
    for group in [Array(rows.prefix(2))] + rows.dropFirst(2).map({ [$0] }) {
      let server = try Server(options.profile, directory: directory)
      defer { server.stop() }
      let warm = try server.load(["connect", "--path", options.profile.echo])
      try warm.run(64)
      warm.stop()
      let process = ProcessFigures(identifier: server.identifier)
      let before = process.openDescriptors
      var loads: [Load] = []
      for row in group {
        if !inTime(row.name) { continue }
        guard let (figures, load) = try measureIdle(row, on: server, connections: count) else { continue }
        loads.append(load)
        let ratio = Double(figures.resident) / Double(row.budget)
        if ratio > 1 { failures.append(row.name) }
        say(
          line(
            row.name, String(figures.resident), figures.allocated.map(String.init) ?? "-", "", String(row.budget),
            number(ratio, 2), row.prototype.map(String.init) ?? "-", ratio <= 1 ? "ok" : "OVER", row.peers))
      }
      let open = process.openDescriptors
      for load in loads { load.stop() }
      let left = settle(process, before)
      if !loads.isEmpty { say("    descriptors: \(before) before, \(open) with the clients, \(left) after them") }
      if left > before { failures.append("descriptors left over: \(left - before)") }
    }
  }

  /// Waits until the server has closed what its clients left, three seconds at most.
  private func settle(_ process: ProcessFigures, _ wanted: Int) -> Int {
    for _ in 0..<60 {
      if process.openDescriptors <= wanted { break }
      usleep(50_000)
    }
    return process.openDescriptors
  }

  // MARK: Text

  private func number(_ value: Double?, _ digits: Int) -> String {
    value.map { String(format: "%.\(digits)f", $0) } ?? "-"
  }

  private func line(_ cells: String...) -> String {
    let widths = [31, 9, 9, 11, 9, 7, 11, 6]
    var text = ""
    for (cell, width) in zip(cells, widths) {
      let space = String(repeating: " ", count: max(1, width - cell.count))
      text += text.isEmpty ? cell + space : space + cell
    }
    return text + "  " + (cells.last ?? "")
  }
}
