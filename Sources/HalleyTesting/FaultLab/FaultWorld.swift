import HalleyChannels

/// One run: the virtual time, the server, the links and the subscribers. The extensions are its parts.
final class FaultWorld {
  enum Event {
    case step(Int)
    case turn(LabFeed)
    case idle(LabFeed, generation: Int)
    case toServer(LabConnection, upTo: Int)
    case toClient(LabConnection, upTo: Int)
    case serverEnd(LabConnection)
    case clientEnd(LabConnection)
    case deadline(LabConnection)
    case stalled(LabConnection)
    case unflushed(LabConnection)
    case holdEnds(LabConnection)
    case watch(LabConnection)
    case wake(LabSubscriber, generation: Int)
    case calm
    case lastMessage
    case finish
  }

  let script: FaultScript
  let setup: FaultScript.Setup
  let fault: PlantedFault?
  let clock = VirtualClock()
  let history: PublishedHistory
  var queue = EventQueue<Event>()
  var random: SeededRandom
  var report = FaultReport()
  var application: LabApplication
  /// For each event loop the feed that is in use there.
  var feeds: [LabFeed?]
  /// Every feed there has been, for the end: one that is no longer in use may still have members, which have it.
  private var made: [FormerFeed] = []
  private struct FormerFeed { weak var feed: LabFeed? }
  /// An epoch may end now: the process has, the broker has other data, or nobody used the channels when others were
  /// asked for and they have been forgotten.
  var mayEnd = false
  var downUntil: UInt64 = 0
  var subscribers: [Int: LabSubscriber] = [:]
  var isOver = false
  var isCalm = false
  /// For the planted server that remembers what it has answered.
  var remembered: [Int: Position] = [:]

  var now: UInt64 { clock.now }

  init(_ script: FaultScript, planting fault: PlantedFault?) {
    self.script = script
    self.fault = fault
    setup = script.setup
    history = PublishedHistory(setup)
    random = SeededRandom(seed: setup.seed ^ 0x5EED)
    feeds = Array(repeating: nil, count: setup.loops)
    application = LabApplication(setup, clock: clock, seed: random.next(), planting: fault)
  }

  func run() -> FaultReport {
    beginLife()
    schedule(0)
    if !script.steps.contains(where: { $0.action == .end }) {
      queue.push(.calm, at: VirtualClock.origin + UInt64(max(0, script.steps.last?.time ?? 0)) + 1_000)
    }
    while !isOver, let (time, event) = queue.pop() {
      clock.advance(to: time)
      handle(event)
    }
    report.milliseconds = Int(now - VirtualClock.origin)
    breakCycles()
    return report
  }

  /// Subscribers, their connections and the feeds refer to each other.
  private func breakCycles() {
    for subscriber in subscribers.values {
      subscriber.connections = []
      subscriber.current = nil
    }
    for former in made {
      former.feed?.live = []
      former.feed?.held = []
    }
  }

  /// A process without history: new logs, each with a new epoch.
  func beginLife() {
    application = LabApplication(setup, clock: clock, seed: random.next(), planting: fault)
    mayEnd = true
    _ = channels()
    mayEnd = false
  }

  func violated(_ kind: String, _ text: String) {
    guard report.violation == nil else { return }
    report.violation = FaultReport.Violation(
      kind: kind, description: "\(kind) at \(now - VirtualClock.origin) ms, seed \(setup.seed): \(text)")
    isOver = true
  }

  // MARK: The channels

  /// The channels of the route, as a request finds them: new ones, if they have been forgotten.
  func channels() -> ChannelSet? {
    guard let set = application.set else {
      violated("refused", "the registry is full")
      return nil
    }
    for (index, channel) in set.channels.enumerated() { noteEpoch(of: channel, index) }
    return set
  }

  /// An epoch ends only when the logs were lost, when the broker says so, or when the channels were forgotten, which
  /// nobody may notice who uses them.
  func noteEpoch(of channel: Channel, _ index: Int) {
    guard let epoch = LabPlace(Array(channel.log.top.description.utf8)[...])?.epoch else {
      return violated("id", "\(channel.log.top)")
    }
    if history.epochs.indices.contains(index), history.epochs[index] == epoch { return }
    if !mayEnd { violated("forgotten", "\(channel.name) has a new epoch, but nothing has ended the old one") }
    if history.epochs.indices.contains(index) { report.epochs += 1 }
    history.begin(epoch, channel: index)
  }

  /// The feed on a connection's loop: the one in use, or a new one.
  func feed(of connection: LabConnection) -> LabFeed? {
    let loop = connection.number % feeds.count
    if let feed = feeds[loop] { return feed }
    guard let set = channels() else { return nil }
    let feed = LabFeed(set)
    feeds[loop] = feed
    made.append(FormerFeed(feed: feed))
    return feed
  }

  private func schedule(_ index: Int) {
    guard script.steps.indices.contains(index) else { return }
    queue.push(.step(index), at: max(now, VirtualClock.origin + UInt64(max(0, script.steps[index].time))))
  }

  private func handle(_ event: Event) {
    switch event {
    case .step(let index):
      schedule(index + 1)
      perform(script.steps[index].action)
    case .turn(let feed): turnEnded(feed)
    case .idle(let feed, let generation): idleElapsed(feed, generation)
    case .toServer(let connection, let end): arrivedAtServer(connection, upTo: end)
    case .toClient(let connection, let end): arrivedAtClient(connection, upTo: end)
    case .serverEnd(let connection): serverLost(connection)
    case .clientEnd(let connection): clientLost(connection)
    case .deadline(let connection): deadline(connection)
    case .stalled(let connection): stalled(connection)
    case .unflushed(let connection): unflushed(connection)
    case .holdEnds(let connection): holdEnded(connection)
    case .watch(let connection): watch(connection)
    case .wake(let subscriber, let generation):
      if subscriber.generation == generation {
        subscriber.isAsleep = false
        connect(subscriber)
      }
    case .calm: beginCalm()
    case .lastMessage: for channel in 0..<setup.channels { publish(channel: channel, size: 10, keyed: false) }
    case .finish: finish()
    }
  }
}
