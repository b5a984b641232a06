import HalleyTesting
import Testing

@Suite("Fault lab")
struct FaultLabTests {
  @Test("random faults: nothing lost, repeated, disordered or skipped in silence", arguments: 0..<2)
  func randomFaults(part: Int) {
    var total = FaultReport()
    for seed in UInt64(part * 3 + 1)...UInt64(part * 3 + 3) {
      let script = FaultScript(seed: seed, size: 0.5)
      let report = FaultLab.run(script)
      total.add(report)
      if let violation = report.violation {
        Issue.record("\(violation)\n\(FaultLab.shrink(script, runs: 60))")
        return
      }
    }
    #expect(total.delivered > 20_000)
    #expect(total.resets > 0 && total.refills > 0 && total.duplicatesDropped > 0)
    for transport in LabTransport.allCases { #expect(total.deliveries[transport, default: 0] > 0, "\(transport)") }
  }

  @Test("long silences: what happens because time passes loses nothing either")
  func longSpans() {
    var total = FaultReport()
    for seed in UInt64(1)...3 {
      let script = FaultScript(seed: seed, hours: 6)
      let report = FaultLab.run(script)
      total.add(report)
      if let violation = report.violation {
        Issue.record("\(violation)\n\(FaultLab.shrink(script, runs: 60))")
        return
      }
    }
    #expect(total.hours >= 18)
    #expect(total.rotations > 0 && total.holdsExpired > 0 && total.deadLinks > 0)
    #expect(total.releases > 0 && total.epochs > 0 && total.resets > 0)
  }

  @Test(
    "slow readers: newer messages replace older ones of their key, or the reader is sent away",
    arguments: [
      FaultScript.Setup.Policy.conflate, .disconnect,
    ])
  func slowReaders(policy: FaultScript.Setup.Policy) {
    var script = FaultScript(seed: 1, size: 0.4)
    script.setup.policy = policy
    script.setup.keys = 4
    (script.setup.soft, script.setup.hard, script.setup.window) = (400, 800, 128)
    let report = FaultLab.run(script)
    if let violation = report.violation { Issue.record("\(violation)\n\(FaultLab.shrink(script, runs: 60))") }
    #expect(policy == .conflate ? report.conflated > 0 : report.disconnects > 0)
  }

  /// What the checker must call each planted error.
  static let kinds: [PlantedFault: Set<String>] = [
    .gapAtAttach: ["gap"], .duplicateAtAttach: ["repeated", "gap", "cursor"], .skippedOnRefill: ["gap", "cursor"],
    .droppedWhenFull: ["gap"], .forgottenAfterRefill: ["never arrived", "gap"], .reordered: ["gap"],
    .repeated: ["repeated", "gap"], .altered: ["altered", "gap"], .idMissing: ["id", "repeated", "cursor"],
    .lostAnswerConsumes: ["gap", "repeated", "outcome", "cursor"], .cursorAfterWholeBatch: ["cursor"],
    .resetSwallowed: ["outcome"], .resetWithoutReason: ["outcome"],
    .wrongEpochAccepted: ["outcome", "cursor", "epoch", "gap"], .staleCursorWins: ["outcome", "cursor", "repeated"],
    .publishedTwice: ["published twice"], .cursorBeforeDelivery: ["gap"], .duplicatesKept: ["repeated"],
    .resetNotTold: ["gap", "epoch", "never arrived"], .ageIgnored: ["outcome"],
    .expiryNotTold: ["outcome", "gap", "cursor"], .rotationLoses: ["cursor"], .neverRotated: ["not rotated"],
    .heartbeatForgotten: ["silent"], .holdForgotten: ["silent"], .holdCutShort: ["early"],
    .releasedInUse: ["never arrived", "gap"], .forgottenInUse: ["forgotten"], .conflationDropsLast: ["gap", "cursor"],
    .epochNotTold: ["outcome", "epoch", "never arrived"],
    .conflatesWithoutKey: ["gap", "cursor"],
    .droppedNotEnded: ["gap", "never arrived"],
  ]

  @Test("each planted error is found, and the same script without it shows nothing")
  func planted() {
    var sound: Set<FaultScript> = []
    for fault in PlantedFault.allCases {
      guard let (script, violation) = FaultLab.find(fault) else {
        Issue.record("no script shows \(fault.rawValue)")
        continue
      }
      #expect(Self.kinds[fault]?.contains(violation.kind) == true, "\(fault): \(violation)")
      if sound.insert(script).inserted { #expect(FaultLab.run(script).violation == nil, "\(fault)") }
    }
  }

  @Test("a failing script is shortened, printed, read back and fails in the same way")
  func replay() throws {
    let script = FaultScript(seed: 3, size: 0.4)
    let violation = try #require(FaultLab.run(script, planting: .reordered).violation)
    let short = FaultLab.shrink(script, planting: .reordered, runs: 120)
    #expect(short.steps.count < script.steps.count / 4)
    let read = try FaultScript(parsing: short.description)
    #expect(read == short)
    #expect(FaultLab.run(read, planting: .reordered).violation?.kind == violation.kind)
  }

  @Test("a script's text says everything")
  func text() throws {
    for script in [FaultScript(seed: 11), FaultScript(seed: 12, hours: 20)] {
      #expect(try FaultScript(parsing: script.description) == script)
    }
    #expect(throws: FaultScript.Malformed.self) { try FaultScript(parsing: "12 jump 3") }
    #expect(throws: FaultScript.Malformed.self) { try FaultScript(parsing: "setup seed=x") }
  }

  @Test("the same seed gives the same run")
  func repeatable() {
    let runs = (0..<2).map { _ in FaultLab.run(FaultScript(seed: 5, size: 0.1)) }
    #expect(runs[0].deliveries == runs[1].deliveries && runs[0].connections == runs[1].connections)
    #expect(runs[0].milliseconds == runs[1].milliseconds && runs[0].resets == runs[1].resets)
  }

  /// Found by the lab: one of several channels was reset, and the cursor of the same answer was ahead of messages in
  /// the others, so that a client which took it over dropped them.
  @Test("a poll's reset of one channel does not pass over messages of another")
  func resetOfOneChannel() throws {
    let script = try FaultScript(
      parsing: """
        setup seed=8 channels=4 history=160/41964/170112 replay=22/23117 batch=96/7267 soft=916 window=1825 loops=3 turn=9
        1360 join 6 short-poll
        104400 publish 1 4 51
        104400 publish 0 6 31
        104429 publish 0 6 157
        104439 publish 0 3 58
        104464 publish-twice 0 138
        104657 publish 0 5 39
        104680 publish 0 2 107
        105000 end
        """)
    #expect(FaultLab.run(script).violation == nil)
  }
}
