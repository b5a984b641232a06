package import HalleyChannels
import HalleyEventLoop
package import Logging
import Synchronization

/// N loops that serve the same sites, each on a thread and with a listener of its own.
package final class Server: Sendable {
  private let plan: ServerPlan
  private let channels: ChannelRegistry
  private let registry = LoopRegistry()
  private let threads = Mutex<[WorkerThread]>([])
  private let watchdog = Mutex<LoopWatchdog?>(nil)
  private let logger: Logger

  /// - Parameters:
  ///   - plan: checked declarations, routed.
  ///   - channels: declared channels and the place for computed ones.
  package init(plan: ServerPlan, channels: ChannelRegistry, logger: Logger) {
    self.plan = plan
    self.channels = channels
    self.logger = logger
  }

  /// Binds and starts all loops; connections are accepted when it returns.
  ///
  /// - Parameters:
  ///   - host: an IPv4 or IPv6 address, or a name.
  ///   - port: 0 lets the system choose one.
  ///   - threads: loops, at least one.
  /// - Returns: the port in use.
  /// - Throws: `LoopError` when the address cannot be bound; what had started is stopped again.
  @discardableResult
  package func start(host: String, port: Int, threads count: Int) throws -> Int {
    let count = max(1, count)
    let connections = max(1, Descriptors.connectionLimit(plan.settings.current.limitsConnections) / count)
    var bound = port
    var servers: [(EventLoop, LoopBound<ServerLoop>)] = []
    // Loops share their port, and the kernel would let another program of the same user share it too.
    if count > 1, port != 0 { try Self.probe(host: host, port: port) }
    for _ in 0..<count {
      let loop = try EventLoop()
      let server = ServerLoop(
        loop: loop, plan: plan, channels: channels, registry: registry, connections: connections, logger: logger)
      bound = try server.listen(host: host, port: bound, shared: count > 1)
      servers.append((loop, registry.add(server)))
    }
    try watch(servers.map(\.0.pulse))
    for (loop, server) in servers {
      // The connections that end with the loop still speak to their server: it goes after them, on their thread.
      loop.handOver()
      let thread = try WorkerThread { withExtendedLifetime(server) { loop.run() } }
      threads.withLock { $0.append(thread) }
    }
    return bound
  }

  /// Fails when somebody listens on the address already.
  private static func probe(host: String, port: Int) throws {
    let loop = try EventLoop()
    let carrier = try HTTPCarrier(loop: loop) { _ in }
    defer { carrier.shutdown() }
    try carrier.listen(host: host, port: port, reusePort: false)
  }

  /// Logs what holds a loop for too long.
  private func watch(_ pulses: [LoopPulse]) throws {
    let plan = plan
    let logger = logger
    let dog = try LoopWatchdog(pulses) {
      plan.settings.current.watchdogLimit
    } report: { loop, hold in
      logger.warning("\(HoldLine.text(loop: loop, hold, route: plan.name(of: hold.place)))")
    }
    watchdog.withLock { $0 = dog }
  }

  /// Tells every loop that settings have changed: live connections look at their deadlines again.
  package func settingsChanged() { registry.onEach { $0.settingsChanged() } }

  /// Sends all clients away and waits until they have gone: no further connections are accepted, held polls are
  /// answered, streams and WebSockets are told when to come back, requests in work are finished.
  ///
  /// Returns when nobody is left, after `drain.window`, or when the task is cancelled; `stop` then ends the rest.
  package func drain() async {
    let settings = plan.settings.current
    let deadline = ContinuousClock.now + .milliseconds(settings.drainWindow)
    registry.onEach { $0.stopAccepting() }
    let before = await registry.report()
    let pace = DrainPace(
      clients: before.waiters + before.eventStreams + before.webSockets, rate: settings.drainRate,
      window: settings.drainWindow)
    registry.onEach { $0.drain(pace) }
    while await !registry.report().isEmpty, ContinuousClock.now < deadline {
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
    }
  }

  /// Stops: waits are answered, connections end, threads are joined. Blocks; not to be called on a loop.
  package func stop() {
    watchdog.withLock {
      $0?.stop()
      $0 = nil
    }
    for (loop, server) in registry.removeAll() {
      loop.submit {
        server.value.shutDown()
        loop.stop()
      }
    }
    let all = threads.withLock {
      let taken = $0
      $0 = []
      return taken
    }
    for thread in all { thread.join() }
  }
}
