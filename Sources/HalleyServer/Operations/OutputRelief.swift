import HalleyEventLoop

/// Keeps what waits on one loop for slow clients within the server's budget: the largest queues are paused, and those
/// that are still among the largest when it is looked at again are ended. Confined to the loop.
final class OutputRelief {
  /// Between two looks while too much waits, milliseconds: what was paused gets so long to drain.
  static let interval: UInt64 = 1_000

  private unowned let loop: EventLoop
  private let registry: LoopRegistry
  private let settings: SettingsSource
  private var told = 0
  private var timer: LoopTimer?
  /// Too much waits: whoever lags is refilled only when nothing waits for it.
  private(set) var isWatching = false

  init(loop: EventLoop, registry: LoopRegistry, settings: SettingsSource) {
    self.loop = loop
    self.registry = registry
    self.settings = settings
    timer = LoopTimer(loop: loop) { [unowned self] in look() }
  }

  /// What waits on the loop has changed by a good deal.
  func queued(_ bytes: Int) {
    let hasGrown = bytes > told

    registry.output.add(bytes - told)
    told = bytes
    // The largest queues may be on another loop.
    if hasGrown, excess > 0 { registry.onEach { $0.relief.press() } }
  }

  /// Nothing waits on a loop that ends.
  func stop() {
    timer?.cancel()
    loop.watchQueued { _ in }
    queued(0)
  }

  /// Too much waits, and more than before: pauses the largest of those queues that still grow.
  func press() {
    guard excess > 0 else { return }
    take(share(of: excess)) { connection in
      guard let driver = connection.driver as? any FeedDriver, driver.backpressure != .disconnect else { return false }
      return connection.pauseBroadcasts()
    }
    if !isWatching { watch() }
  }

  private var excess: Int { registry.output.total - registry.output.limit(settings.current.queueTotal) }

  private func watch() {
    isWatching = true
    timer?.arm(afterMilliseconds: Self.interval)
  }

  /// Whether what was paused has drained by now; if not, the largest queues are ended.
  private func look() {
    isWatching = false
    guard excess > 0 else { return }
    take(share(of: excess)) { connection in
      connection.driver?.overflowed(connection)
      return true
    }
    watch()
  }

  /// This loop's part, by what waits on it; rounded up.
  private func share(of excess: Int) -> Int {
    let part = Double(loop.gauges.queuedBytes) / Double(max(1, registry.output.total))
    return Int((Double(excess) * min(1, part)).rounded(.up))
  }

  /// Goes through the connections, largest queue first, until those that `body` has dealt with hold so many bytes.
  private func take(_ bytes: Int, _ body: (Connection) -> Bool) {
    var queues: [(connection: Connection, bytes: Int)] = []
    loop.forEachConnection { if $0.queuedBytes > 0 { queues.append(($0, $0.queuedBytes)) } }
    var left = bytes
    for queue in queues.sorted(by: { $0.bytes > $1.bytes }) {
      guard left > 0 else { return }
      if body(queue.connection) { left -= queue.bytes }
    }
  }
}
