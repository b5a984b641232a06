import ArgumentParser
import Glibc
import HalleyTesting

/// Runs scripts of the fault lab until so many messages have been delivered, or runs one script again.
@main
struct FaultLabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "FaultLab",
    abstract: "Random faults against the real channel log and state machines, in virtual time; 0 violations or exit 1.")

  @Option(help: "Deliveries to reach.")
  var deliveries = 10_000_000

  @Option(help: "Seed of the first two scripts, a dense one and a long one; the next two have the next seed.")
  var seed: UInt64 = 1

  @Option(help: "Virtual hours of a long script; 0 leaves them out.")
  var hours = 24.0

  @Option(help: "Scripts at a time.")
  var threads = 2

  @Option(help: "A file with one script, to run it again; its violation is printed.")
  var script: String?

  @Option(help: "An error to make on purpose: \(PlantedFault.allCases.map(\.rawValue).joined(separator: ", ")).")
  var plant: String?

  mutating func run() async throws {
    let fault = try plant.map { word in
      guard let fault = PlantedFault(rawValue: word) else { throw ValidationError("no such error: \(word)") }
      return fault
    }
    if let script { return try replay(script, fault) }
    var totals = [Totals(what: "dense"), Totals(what: "long")]
    let clock = ContinuousClock()
    let started = clock.now
    var next = seed
    var failed: (seed: UInt64, isLong: Bool)?
    let hours = hours
    await withTaskGroup(of: (UInt64, Totals, Totals).self) { group in
      func add() {
        let seed = next
        next += 1
        group.addTask {
          var dense = Totals(what: "dense")
          var long = Totals(what: "long")
          dense.run(FaultScript(seed: seed), planting: fault)
          if hours > 0, dense.report.violation == nil {
            long.run(FaultScript(seed: seed, hours: hours), planting: fault)
          }
          return (seed, dense, long)
        }
      }
      for _ in 0..<max(1, threads) { add() }
      while let (seed, dense, long) = await group.next() {
        totals[0].add(dense)
        totals[1].add(long)
        if dense.report.violation != nil || long.report.violation != nil {
          if failed.map({ seed < $0.seed }) ?? true { failed = (seed, dense.report.violation == nil) }
        } else if failed == nil, totals[0].report.delivered + totals[1].report.delivered < deliveries {
          add()
        }
      }
    }
    show(totals, seconds: (clock.now - started) / .seconds(1))
    if let failed {
      let script =
        failed.isLong ? FaultScript(seed: failed.seed, hours: hours) : FaultScript(seed: failed.seed)
      if let violation = FaultLab.run(script, planting: fault).violation { print(violation) }
      print("# the script, shortened; save it and run it again with --script FILE")
      fflush(nil)
      print(FaultLab.shrink(script, planting: fault))
      throw ExitCode.failure
    }
    if fault == nil { try plantEach() }
  }

  /// Makes each error on purpose until the checker finds it.
  private func plantEach() throws {
    let missed = PlantedFault.allCases.filter { FaultLab.find($0) == nil }
    print("\(PlantedFault.allCases.count - missed.count) of \(PlantedFault.allCases.count) planted errors found")
    if missed.isEmpty { return }
    print("not found: \(missed.map(\.rawValue).joined(separator: ", "))")
    throw ExitCode.failure
  }

  private func replay(_ path: String, _ fault: PlantedFault?) throws {
    var totals = Totals(what: "one script")
    totals.run(try FaultScript(parsing: try TextFile.read(path)), planting: fault)
    show([totals], seconds: totals.seconds)
    if let violation = totals.report.violation {
      print(violation)
      throw ExitCode.failure
    }
  }

  private func show(_ totals: [Totals], seconds: Double) {
    var all = FaultReport()
    for part in totals { all.add(part.report) }
    for transport in LabTransport.allCases {
      print("  \(transport.rawValue): \(all.deliveries[transport] ?? 0) deliveries")
    }
    for part in totals { print("  \(part)") }
    let perMinute = Int(all.hours * 60 / max(seconds, 0.001))
    print(
      """
      \(all.delivered) deliveries of \(all.published) messages over \(all.connections) connections in \
      \(totals.reduce(0) { $0 + $1.scripts }) scripts: \(all.violation == nil ? 0 : 1) violations
      \(all.resets) resets told, all justified; \(all.refills) refills; \(all.duplicatesDropped) duplicates dropped by \
      clients; \(all.conflated) messages conflated; \(all.disconnects) slow readers disconnected
      \(all.rotations) rotations; \(all.holdsExpired) holds expired; \(all.deadLinks) dead links found by ping; \
      \(all.releases) feeds released; \(all.epochs) new epochs
      \(Int(all.hours)) virtual hours in \(Int(seconds)) s, \(perMinute) a minute
      """)
  }
}

/// The scripts of one kind.
struct Totals: Sendable, CustomStringConvertible {
  let what: String
  var report = FaultReport()
  var scripts = 0
  /// Spent in them, over all threads.
  var seconds = 0.0

  init(what: String) { self.what = what }

  mutating func run(_ script: FaultScript, planting fault: PlantedFault?) {
    let clock = ContinuousClock()
    let started = clock.now
    report.add(FaultLab.run(script, planting: fault))
    scripts += 1
    seconds += (clock.now - started) / .seconds(1)
  }

  mutating func add(_ other: Totals) {
    report.add(other.report)
    scripts += other.scripts
    seconds += other.seconds
  }

  var description: String {
    "\(what): \(scripts) scripts, \(report.delivered) deliveries, \(Int(report.hours)) virtual hours in \(Int(seconds)) s"
  }
}
