import HalleyChannels
import HalleyEventLoop

/// What a broker that was away brings to a feed: a new epoch, and whether messages arrive. All of it is rare.
extension ChannelFeed {
  /// What is left of the old epochs, the reset, and what has come in the new ones.
  func spread(_ cut: EpochCut) {
    spread(cut.before)
    for (channel, id) in cut.begun { live.pass(id, of: channel) }
    let reset = SetRead(cut, at: live, delivery: delivery)
    // Whoever lags is told when it is refilled: its position is of the old epoch.
    forEachDriver(laggards: false) { driver, connections in driver.tellReset(reset, of: set, to: connections) }
    if waiterCount > 0 {
      var bodies = PollBodies([])
      endWaits { $0.answer(reset, &bodies) }
    }
    spread(cut.after)
  }

  /// Something of this epoch is about to be told. If the epoch is new, its reset goes first.
  func meet(_ epoch: Epoch) {
    if !live.entries.contains(where: { $0.epoch == epoch }) { spreadPending() }
  }

  /// The broker has gone or come back: behind what has come before.
  func lookAtDelivery() {
    // Asked for first: what its channels got before they were live again has come by then, so that no reset follows.
    let status = set.delivery
    spreadPending()
    tell(status)
  }

  /// Tells those who know otherwise. Held polls say it when they are answered.
  func tell(_ status: DeliveryStatus) {
    if status == delivery { return }
    delivery = status
    forEachDriver(laggards: true) { driver, connections in driver.tell(status, to: connections) }
  }

  /// Calls `body` once for each driver, with all its connections here, so that what they are told is encoded once.
  /// `body` may close them.
  private func forEachDriver(laggards withLaggards: Bool, _ body: (any FeedDriver, [Connection]) -> Void) {
    var all: [ObjectIdentifier: (driver: any FeedDriver, connections: [Connection])] = [:]
    func add(_ connection: Connection) {
      guard let driver = connection.driver as? any FeedDriver else { return }
      all[ObjectIdentifier(driver), default: (driver, [])].connections.append(connection)
    }
    forEachLive(add)
    if withLaggards { laggards.keys.forEach(add) }
    for (driver, connections) in all.values { body(driver, connections) }
  }
}
