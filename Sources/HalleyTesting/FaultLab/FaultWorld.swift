import HalleyChannels

/// One run: the virtual time, the server, the links and the subscribers. The extensions are its parts.
final class FaultWorld {
  enum Event {
    case step(Int)
    case turn(LabLoop)
    case toServer(LabConnection, upTo: Int)
    case toClient(LabConnection, upTo: Int)
    case serverEnd(LabConnection)
    case clientEnd(LabConnection)
    case heartbeat(LabConnection)
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
  var set: ChannelSet
  var loops: [LabLoop] = []
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
    set = ChannelSet([])
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
    // Subscribers and their connections refer to each other.
    for subscriber in subscribers.values {
      subscriber.connections = []
      subscriber.current = nil
    }
    return report
  }

  /// New logs, each with a new epoch.
  func beginLife() {
    var limits = ChannelLimits()
    limits.historyMessages = setup.history.messages
    limits.historyBytes = setup.history.bytes
    limits.historyAge = setup.history.age
    let clock = clock
    set = ChannelSet(
      (0..<setup.channels).map { index in
        let log = ChannelLog(limits: limits, epoch: .random(using: &random), clock: { clock.now })
        return Channel("lab.\(index)", log: log)
      })
    history.begin(set.channels.compactMap { LabPlace(Array($0.log.top.description.utf8)[...])?.epoch })
    beginServer()
  }

  /// New loops on the logs that are there.
  func beginServer() {
    for loop in loops { for (channel, inbox) in zip(set.channels, loop.inboxes) { channel.log.detach(inbox) } }
    loops = (0..<setup.loops).map { _ in LabLoop(channels: setup.channels, at: set.top) }
  }

  func violated(_ kind: String, _ text: String) {
    guard report.violation == nil else { return }
    report.violation = FaultReport.Violation(
      kind: kind, description: "\(kind) at \(now - VirtualClock.origin) ms, seed \(setup.seed): \(text)")
    isOver = true
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
    case .turn(let loop): turnEnded(loop)
    case .toServer(let connection, let end): arrivedAtServer(connection, upTo: end)
    case .toClient(let connection, let end): arrivedAtClient(connection, upTo: end)
    case .serverEnd(let connection): serverLost(connection)
    case .clientEnd(let connection): clientLost(connection)
    case .heartbeat(let connection): heartbeat(connection)
    case .holdEnds(let connection): holdEnded(connection)
    case .watch(let connection): watch(connection)
    case .wake(let subscriber, let generation):
      if subscriber.generation == generation {
        subscriber.isAsleep = false
        connect(subscriber)
      }
    case .calm: beginCalm()
    case .lastMessage: for channel in 0..<setup.channels { publish(channel: channel, size: 10) }
    case .finish: finish()
    }
  }
}

/// One event loop of the simulated server.
final class LabLoop {
  let inboxes: [MessageInbox]
  let woken = Wakening()
  var live: [LabConnection] = []
  var held: [LabConnection] = []
  /// Everything up to here has been spread.
  var position: Position

  init(channels: Int, at position: Position) {
    let woken = woken
    inboxes = (0..<channels).map { _ in MessageInbox { woken.wake() } }
    self.position = position
  }
}
