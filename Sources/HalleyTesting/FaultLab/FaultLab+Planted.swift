extension FaultLab {
  /// The first script that shows an error made on purpose, and what the checker says; nil when none of so many does.
  public static func find(
    _ fault: PlantedFault, seeds: Int = 60
  ) -> (script: FaultScript, violation: FaultReport.Violation)? {
    for seed in 1...UInt64(max(1, seeds)) {
      let script = FaultScript(likelyToShow: fault, seed: seed)
      if let violation = run(script, planting: fault).violation { return (script, violation) }
    }
    return nil
  }
}

extension FaultScript {
  /// A short script of the kind in which an error can show: for most a dense one, for some one of hours or with slow
  /// readers under the policy that it belongs to.
  fileprivate init(likelyToShow fault: PlantedFault, seed: UInt64) {
    switch fault {
    case .ageIgnored, .rotationLoses, .neverRotated, .releasedInUse, .forgottenInUse:
      self.init(seed: seed, hours: 3)
      return
    default: self.init(seed: seed, size: 0.15)
    }
    switch fault {
    case .skippedOnRefill, .forgottenAfterRefill, .droppedWhenFull: setup.policy = .skip
    case .conflationDropsLast, .conflatesWithoutKey: (setup.policy, setup.keys) = (.conflate, 4)
    case .droppedNotEnded: setup.policy = .disconnect
    default: return
    }
    setup.history.messages = max(8, setup.history.messages)
    (setup.soft, setup.hard, setup.window) = (400, 800, 128)
  }
}
