package import HalleyChannels
package import HalleyEventLoop
import HalleyProtocols
package import Logging

/// Everything that one loop owns: its carrier, the drivers of each route, the feeds of its channels. Confined to it.
package final class ServerLoop {
  let loop: EventLoop
  let plan: ServerPlan
  let channels: ChannelRegistry
  let registry: LoopRegistry
  let logger: Logger
  let gauges = ServerGauges()
  let handlers: HandlerWatch
  let presence: PresenceDesk
  /// Keeps slow clients from filling the memory.
  let relief: OutputRelief
  private var carrier: HTTPCarrier?
  private var feeds: [ChannelSet: ChannelFeed] = [:]
  private var routes: [[LoopRoute]] = []
  private var admission = Admission()
  private var drain: LoopDrain?
  /// The places that detached connections have under `limits.perAddress`, of those that count.
  private var seats: [Connection: AddressCensus.Seat] = [:]
  /// Clients are being sent away, and no new ones are taken.
  private(set) var isDraining = false
  /// `shutDown` has been called.
  private var isOver = false
  /// This loop's share of `limits.connections`.
  private let connections: Int

  package init(
    loop: EventLoop, plan: ServerPlan, channels: ChannelRegistry, registry: LoopRegistry, connections: Int,
    logger: Logger
  ) {
    self.loop = loop
    handlers = HandlerWatch(loop: loop)
    presence = PresenceDesk(loop: loop)
    relief = OutputRelief(loop: loop, registry: registry, settings: plan.settings)
    // Weak: a server that cannot be bound never shuts down, and the loop would keep what keeps the loop.
    loop.watchQueued { [weak relief] in relief?.queued($0) }
    self.plan = plan
    self.channels = channels
    self.registry = registry
    self.connections = connections
    self.logger = logger
    routes = plan.sites.enumerated().map { index, site in
      let depth = site.mount.split(separator: "/").count
      return site.routes.enumerated().map { number, route in
        LoopRoute(
          route, place: ServerPlan.place(site: index, route: number), mountDepth: depth,
          files: route.filesOptions.flatMap { plan.files[$0] })
      }
    }
  }

  /// Binds the loop's listener.
  ///
  /// - Returns: the port in use.
  package func listen(host: String, port: Int, shared: Bool) throws -> Int {
    let carrier = try HTTPCarrier(loop: loop, limits: limits) { [unowned self] exchange in
      Dispatch(server: self, exchange: exchange).run()
    }
    carrier.bodyLimit = { [unowned self] in bodyLimit(of: $0) }
    carrier.refusalFields = { [unowned self] in refusalFields(of: $0) }
    carrier.onIncident = { [logger] incident in
      switch incident {
      case .noDescriptors(let code):
        logger.error("no descriptors left, accepting pauses; raise 'ulimit -n'", metadata: ["errno": "\(code)"])
      case .noMemory: logger.error("no memory left, a connection was dropped")
      }
    }
    self.carrier = carrier
    return try carrier.listen(host: host, port: port, reusePort: shared)
  }

  private var limits: HTTPLimits { HTTPLimits(plan.settings.current, connections: connections) }

  /// A route that takes larger messages than `http.body` takes larger bodies too.
  private func bodyLimit(of head: HTTPRequestHead) -> Int {
    let most = plan.settings.current.httpBody
    guard head.hasBody, head.method == .post, let path = RequestPath(decoding: head.path) else { return most }
    let match = plan.match(host: head.authority?.host ?? "", path.segments, trailingSlash: path.hasTrailingSlash)
    return match.entries.map(route).reduce(most) { most, route in
      guard case .channel = route.plan.endpoint, route.methods.contains(.post) else { return most }
      return max(most, route.plan.settings.current.publishMaxBytes)
    }
  }

  /// Without these fields a page could not tell a refusal from a server that is gone (delivery contract §13).
  private func refusalFields(of head: HTTPRequestHead) -> [(String, String)] {
    guard plan.hosts.permits(head.authority), let path = RequestPath(decoding: head.path),
      path.segments.first != BuiltIn.segment
    else { return [] }
    let match = plan.match(host: head.authority?.host ?? "", path.segments, trailingSlash: path.hasTrailingSlash)
    let routes = (match.entries + [match.files?.entry].compactMap { $0 }).map(route)
    let taking = routes.first { $0.methods.contains(head.method) }
    return (taking ?? routes.policyRoute(for: head))?.judge(head, .read).fields ?? []
  }

  func route(_ entry: Router.Entry) -> LoopRoute { routes[entry.site][entry.route] }

  /// A connection has been detached.
  func detached(_ connection: Connection, _ seat: AddressCensus.Seat?) {
    if let seat { seats[connection] = seat }
  }

  /// A detached connection has ended and no longer counts against the limits.
  func detachedEnded(_ connection: Connection) {
    carrier?.detachedConnectionEnded()
    if !seats.isEmpty { seats[connection] = nil }
    presence.ended(connection)
  }

  /// The feed of a set of channels on this loop, made when it is first asked for.
  func feed(of set: ChannelSet) -> ChannelFeed {
    if let feed = feeds[set] { return feed }
    let feed = ChannelFeed(set: set, loop: loop, relief: relief, gauges: gauges) { [unowned self] feed in
      // A socket that takes its time to close holds a feed for longer than this loop; there may be another one by now.
      if feeds[feed.set] === feed { feeds[feed.set] = nil }
    }
    // For input that was there already when the loop's end came.
    if isOver { feed.close() } else { feeds[set] = feed }
    return feed
  }

  /// New settings are in force: live connections look at their deadlines again.
  package func settingsChanged() {
    carrier?.limits = limits
    for site in routes { for route in site { route.settingsChanged(loop) } }
  }

  // MARK: Sending away

  /// Says whether a client should come back later instead of being served.
  ///
  /// - Parameter counts: it wants to stay or to wait, which `admission.rate` and `limits.perAddress` bound.
  func turnAway(_ exchange: HTTPExchange, counts: Bool) -> TurnedAway? {
    let settings = plan.settings.current
    if isDraining { return .draining(retry: admission.retry(now: loop.now, drainRate: settings.drainRate)) }
    // Our own tools and a proxy on the same machine are not a crowd, unless the operator says so.
    if settings.admissionRate != 0 || !exchange.isFromLoopback {
      let rate = settings.admissionRate == 0 ? Admission.builtInRate : settings.admissionRate
      guard admission.admits(now: loop.now, rate: rate, counts: counts) else {
        return .overloaded(retry: admission.retry(now: loop.now, drainRate: settings.drainRate))
      }
    }
    if counts, isCounted(exchange) {
      let limit = settings.limitsPerAddress == 0 ? AddressCensus.builtInLimit : settings.limitsPerAddress
      if registry.census.count(of: exchange.peer) >= limit { return .tooMany(retry: .random(in: 5_000...10_000)) }
    }
    return nil
  }

  /// A place for a client that stays; nil for those that do not count.
  func seat(for exchange: HTTPExchange) -> AddressCensus.Seat? {
    isCounted(exchange) ? registry.census.seat(for: exchange.peer) : nil
  }

  /// Whether `limits.perAddress` is about the peer: not about a proxy, which speaks for many.
  private func isCounted(_ exchange: HTTPExchange) -> Bool {
    if plan.settings.current.limitsPerAddress == 0, exchange.isFromLoopback { return false }
    return plan.proxies.isEmpty || !plan.proxies.contains { $0.contains(exchange.peer) }
  }

  /// Every held poll of this loop.
  var waiters: [LongPollWaiter] { feeds.values.flatMap(\.heldPolls) }

  /// No further connections; requests in work are still answered.
  func stopAccepting() {
    isDraining = true
    carrier?.stopAccepting()
  }

  /// Sends everybody away, in batches.
  func drain(_ pace: DrainPace) { drain = LoopDrain(self, pace) }

  package var report: ServerReport {
    var report = ServerReport()
    report.isDraining = isDraining
    let loopGauges = loop.gauges
    report.loops = 1
    report.connections = loopGauges.connections
    let carried = carrier?.gauges ?? HTTPGauges()
    report.httpConnections = carried.connections
    report.requests = carried.exchanges
    report.webSockets = routes.reduce(0) { $0 + $1.reduce(0) { $0 + $1.webSockets } }
    report.eventStreams = gauges.eventStreams
    report.waiters = gauges.waiters
    report.handlers = gauges.handlers
    report.feeds = feeds.count
    report.subscribers = feeds.values.reduce(0) { $0 + $1.subscriberCount + $1.waiterCount }
    report.accepted = carried.accepted
    report.refused = carried.refused
    report.expired = carried.expired
    report.flooded = carried.flooded
    report.delivered = gauges.delivered
    report.timers = loopGauges.timers
    report.queuedBytes = loopGauges.queuedBytes
    report.inputBytes = loopGauges.ownInputBytes
    report.longestHold = loop.pulse.longest.load(ordering: .relaxed)
    return report
  }

  /// Before the loop stops: waits end, feeds let go, the carrier frees its connections.
  package func shutDown() {
    drain = nil
    relief.stop()
    for feed in feeds.values {
      feed.release { _ in Int.random(in: 500...2_500) }
      feed.close()
    }
    feeds = [:]
    isOver = true
    carrier?.shutdown()
    carrier = nil
    presence.close()
  }
}
