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

  @Option(help: "Seed of the first script; each next script has the next seed.")
  var seed: UInt64 = 1

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
    let clock = ContinuousClock()
    let started = clock.now
    var total = FaultReport()
    var next = seed
    var failed: UInt64?
    await withTaskGroup(of: (UInt64, FaultReport).self) { group in
      func add() {
        let seed = next
        next += 1
        group.addTask { (seed, FaultLab.run(FaultScript(seed: seed), planting: fault)) }
      }
      for _ in 0..<max(1, threads) { add() }
      while let (seed, report) = await group.next() {
        total.add(report)
        if report.violation != nil { failed = min(seed, failed ?? seed) } else if total.delivered < deliveries { add() }
        if failed != nil { group.cancelAll() }
      }
    }
    show(total, scripts: next - seed, seconds: (clock.now - started) / .seconds(1))
    if let failed {
      let script = FaultScript(seed: failed)
      if let violation = FaultLab.run(script, planting: fault).violation { print(violation) }
      print("# the script, shortened; save it and run it again with --script FILE")
      fflush(nil)
      print(FaultLab.shrink(script, planting: fault))
      throw ExitCode.failure
    }
  }

  private func replay(_ path: String, _ fault: PlantedFault?) throws {
    let report = FaultLab.run(try FaultScript(parsing: try TextFile.read(path)), planting: fault)
    show(report, scripts: 1, seconds: 0)
    if let violation = report.violation {
      print(violation)
      throw ExitCode.failure
    }
  }

  private func show(_ report: FaultReport, scripts: UInt64, seconds: Double) {
    for transport in LabTransport.allCases {
      print("  \(transport.rawValue): \(report.deliveries[transport] ?? 0) deliveries")
    }
    let hours = report.milliseconds / 3_600_000
    print(
      """
      \(report.delivered) deliveries of \(report.published) messages over \(report.connections) connections in \
      \(scripts) scripts: \(report.violation == nil ? 0 : 1) violations
      \(report.resets) resets told, all justified; \(report.refills) refills; \(report.duplicatesDropped) duplicates \
      dropped by clients; \(hours) virtual hours in \(Int(seconds)) s
      """)
  }
}
