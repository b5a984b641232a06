extension FaultScript {
  /// A script that follows from its seed: limits, subscribers, and bursts of messages with silences between them, and faults.
  ///
  /// - Parameters:
  ///   - seed: decides everything.
  ///   - size: 1 is about twenty thousand deliveries; less is a shorter run with fewer subscribers.
  public init(seed: UInt64, size: Double = 1) {
    var random = SeededRandom(seed: seed)
    var setup = Setup()
    setup.seed = seed
    setup.history = (
      .random(in: 0..<12, using: &random) == 0 ? 0 : .random(in: 8...256, using: &random),
      .random(in: 2_000...60_000, using: &random), .random(in: 20_000...300_000, using: &random)
    )
    setup.replay = (.random(in: 4...300, using: &random), .random(in: 1_000...60_000, using: &random))
    setup.batch = (.random(in: 1...100, using: &random), .random(in: 200...20_000, using: &random))
    setup.soft = .random(in: 300...8_000, using: &random)
    setup.window = .random(in: 64...4_096, using: &random)
    setup.cap = .random(in: 2_048...32_768, using: &random)
    setup.loops = .random(in: 1...3, using: &random)
    setup.turn = .random(in: 0...20, using: &random)
    setup.channels = .random(in: 0..<3, using: &random) == 0 ? .random(in: 2...4, using: &random) : 1
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3: (setup.policy, setup.keys) = (.conflate, .random(in: 1...12, using: &random))
    case 3..<5: setup.policy = .disconnect
    default: break
    }
    if setup.policy != .skip {
      setup.soft = .random(in: 300...2_000, using: &random)
      setup.window = .random(in: 64...1_024, using: &random)
    }
    // Above the largest message in any form: a larger one is never delivered to those who have to replay it.
    setup.hard = max(5_000, setup.soft * .random(in: 1...4, using: &random))

    let subscribers = max(2, Int(Double(Int.random(in: 10...26, using: &random)) * size.squareRoot()))
    var steps = (0..<subscribers).map { subscriber in
      let transport = LabTransport.allCases[Int.random(in: 0..<LabTransport.allCases.count, using: &random)]
      return Step(time: .random(in: 0...2_000, using: &random), action: .join(subscriber, transport))
    }
    var time = 2_000
    // Messages come in bursts with silences between them, some longer than the history's age.
    var left = Int(Double(Int.random(in: 800...1_400, using: &random)) * size.squareRoot())
    while left > 0 {
      let burst = min(left, Int.random(in: 1...24, using: &random))
      left -= burst
      var unsent = burst
      while unsent > 0 {
        let channel = Int.random(in: 0..<setup.channels, using: &random)
        let size = Int.random(in: 0..<20, using: &random) == 0 ? 1_200 : Int.random(in: 0...160, using: &random)
        if Int.random(in: 0..<24, using: &random) == 0 {
          steps.append(Step(time: time, action: .publishTwice(channel: channel, size: size)))
          unsent -= 1
        } else if Int.random(in: 0..<24, using: &random) == 0 {
          steps.append(Step(time: time, action: .presence(channel: channel)))
          unsent -= 1
        } else {
          let count = min(unsent, Int.random(in: 1...6, using: &random))
          steps.append(Step(time: time, action: .publish(channel: channel, count: count, size: size)))
          unsent -= count
        }
        time += Int.random(in: 0...40, using: &random)
        let faults = Int.random(in: 0..<2, using: &random)
        for _ in 0..<faults {
          let at = time + Int.random(in: 0...400, using: &random)
          steps.append(Step(time: at, action: Self.fault(subscribers, &random)))
        }
      }
      switch Int.random(in: 0..<30, using: &random) {
      case 0: time += .random(in: 60_000...900_000, using: &random)
      case 1..<6: time += .random(in: 5_000...40_000, using: &random)
      default: time += .random(in: 100...5_000, using: &random)
      }
    }
    steps.append(Step(time: time + 1_000, action: .end))
    self.init(setup: setup, unordered: steps)
  }

  /// - Parameter steps: in any order; those of one time stay in theirs.
  init(setup: Setup, unordered steps: [Step]) {
    let sorted = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    self.init(setup: setup, steps: sorted.map(\.element))
  }

  static func fault(_ subscribers: Int, _ random: inout SeededRandom) -> Action {
    let who = Int.random(in: 0..<subscribers, using: &random)
    let transport = LabTransport.switchable[Int.random(in: 0..<LabTransport.switchable.count, using: &random)]
    switch Int.random(in: 0..<102, using: &random) {
    case 100..<102: return .newEpoch(channel: .random(in: 0..<16, using: &random))
    case 0..<14: return .cut(who)
    case 14..<28: return .cutAfter(who, bytes: .random(in: 0...400, using: &random))
    case 28..<33: return .halfOpen(who)
    case 33..<43: return .delay(who, milliseconds: .random(in: 0...800, using: &random))
    case 43..<53: return .pieces(who, bytes: Bool.random(using: &random) ? 0 : .random(in: 1...200, using: &random))
    case 53..<65: return .stall(who, milliseconds: .random(in: 50...25_000, using: &random))
    case 65..<72: return .repeatPoll(who)
    case 72..<80: return .change(who, transport, overlapping: false)
    case 80..<88: return .change(who, transport, overlapping: true)
    case 88..<93: return .sleep(who, milliseconds: .random(in: 100...120_000, using: &random))
    case 93..<97: return .move(who, retry: .random(in: 0...5_000, using: &random))
    case 97..<99: return .restart(milliseconds: .random(in: 0...3_000, using: &random))
    default: return .loseHistory(milliseconds: .random(in: 0...3_000, using: &random))
    }
  }
}
