extension FaultScript {
  /// A script of hours: a few subscribers under the limits of production, long silences, little traffic, now and then a
  /// fault. What happens here happens because time passes: heartbeats and pings, holds that expire, streams that
  /// rotate, messages that grow too old, subscribers who sleep for hours, loops that let go of channels, channels that
  /// are forgotten.
  ///
  /// - Parameters:
  ///   - seed: decides everything.
  ///   - hours: about how long, virtual hours.
  public init(seed: UInt64, hours: Double) {
    var random = SeededRandom(seed: seed ^ 0x10A6_5EED)
    let setup = Self.longSetup(seed, &random)
    let subscribers = Int.random(in: 3...7, using: &random)
    var steps = (0..<subscribers).map { subscriber in
      let transport = LabTransport.allCases[Int.random(in: 0..<LabTransport.allCases.count, using: &random)]
      return Step(time: .random(in: 0...300_000, using: &random), action: .join(subscriber, transport))
    }
    var time = 2_000
    let end = Int(hours * 3_600_000)
    while time < end {
      let quiet = Self.silence(&random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4: Self.burst(at: &time, setup, &steps, &random)
      case 4..<8: Self.drip(at: &time, setup, &steps, &random)
      default: Self.leaveAlone(at: &time, for: quiet, subscribers, setup, &steps, &random)
      }
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let at = time + Int.random(in: 0...quiet, using: &random)
        steps.append(Step(time: at, action: Self.longFault(subscribers, &random)))
      }
      time += quiet
    }
    steps.append(Step(time: time + 1_000, action: .end))
    self.init(setup: setup, unordered: steps)
  }

  /// As in production, or smaller where slowness shall be seen.
  private static func longSetup(_ seed: UInt64, _ random: inout SeededRandom) -> Setup {
    var setup = Setup()
    setup.seed = seed
    setup.history = (128, 1 << 20, 300_000)
    setup.metaAge = .random(in: 1...24, using: &random) * 3_600_000
    setup.soft = Bool.random(using: &random) ? 256 << 10 : .random(in: 1_000...8_000, using: &random)
    setup.hard = 4 * setup.soft
    setup.window = .random(in: 1_024...65_536, using: &random)
    setup.cap = .random(in: 16...128, using: &random) << 10
    setup.poll = .random(in: 20...60, using: &random) * 1_000
    setup.loops = .random(in: 1...2, using: &random)
    setup.turn = .random(in: 0...20, using: &random)
    setup.channels = .random(in: 0..<3, using: &random) == 0 ? .random(in: 2...3, using: &random) : 1
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3: (setup.policy, setup.keys) = (.conflate, .random(in: 1...12, using: &random))
    case 3..<5: setup.policy = .disconnect
    default: break
    }
    return setup
  }

  /// Most silences are of minutes, some of hours.
  private static func silence(_ random: inout SeededRandom) -> Int {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<9: .random(in: 30_000...600_000, using: &random)
    case 9..<17: .random(in: 600_000...3_600_000, using: &random)
    default: .random(in: 3_600_000...14_400_000, using: &random)
    }
  }

  private static func message(_ setup: Setup, _ random: inout SeededRandom) -> Action {
    let channel = Int.random(in: 0..<setup.channels, using: &random)
    if Int.random(in: 0..<12, using: &random) == 0 { return .presence(channel: channel) }
    return .publish(
      channel: channel, count: .random(in: 1...3, using: &random), size: .random(in: 0...300, using: &random))
  }

  /// A few messages at once.
  private static func burst(at time: inout Int, _ setup: Setup, _ steps: inout [Step], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      steps.append(Step(time: time, action: message(setup, &random)))
      time += .random(in: 0...500, using: &random)
    }
  }

  /// One message after the other, so that the old ones expire one by one.
  private static func drip(at time: inout Int, _ setup: Setup, _ steps: inout [Step], _ random: inout SeededRandom) {
    for _ in 0..<Int.random(in: 3...20, using: &random) {
      steps.append(Step(time: time, action: message(setup, &random)))
      time += .random(in: 5_000...120_000, using: &random)
    }
  }

  /// Everybody goes away, messages or not, and other channels may push these out.
  private static func leaveAlone(
    at time: inout Int, for quiet: Int, _ subscribers: Int, _ setup: Setup, _ steps: inout [Step],
    _ random: inout SeededRandom
  ) {
    for subscriber in 0..<subscribers {
      steps.append(
        Step(time: time, action: .sleep(subscriber, milliseconds: quiet / 2 + .random(in: 0...quiet, using: &random))))
    }
    let at = time + Int.random(in: 1_000...max(2_000, quiet / 2), using: &random)
    if Bool.random(using: &random) { steps.append(Step(time: at, action: message(setup, &random))) }
    if Bool.random(using: &random) {
      steps.append(Step(time: at, action: .crowd(.random(in: 10...60, using: &random))))
    }
    time = at
  }

  private static func longFault(_ subscribers: Int, _ random: inout SeededRandom) -> Action {
    let who = Int.random(in: 0..<subscribers, using: &random)
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<4: return .sleep(who, milliseconds: .random(in: 10_000...7_200_000, using: &random))
    case 4..<7: return .halfOpen(who)
    case 7..<9: return .stall(who, milliseconds: .random(in: 1_000...120_000, using: &random))
    case 9: return .crowd(.random(in: 10...60, using: &random))
    default: return fault(subscribers, &random)
    }
  }
}
