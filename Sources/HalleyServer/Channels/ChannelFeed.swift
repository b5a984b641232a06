package import HalleyChannels
package import HalleyEventLoop
internal import HalleyProtocols

/// One set of channels on one loop: takes the messages that arrived during a turn and hands them to everybody here.
///
/// At the end of the turn each message is appended once to the run of each encoding in use, and each run is sent as it
/// is to every subscriber that has caught up: all of them stand at the same position in every channel, so they share
/// the joined cursor too. Held polls are answered with the turn's messages as one batch. Confined to its loop.
package final class ChannelFeed: TurnTask {
  package let set: ChannelSet
  /// The channel that a payload without a name is for; nil when there are several.
  let soleChannel: Channel?
  private let loop: EventLoop
  let relief: OutputRelief
  private let gauges: ServerGauges
  /// One for each channel of the set.
  private let inboxes: [MessageInbox]
  private let link = FeedLink()
  /// Where everybody stands who has caught up.
  var live: Position
  /// What everybody here knows of the broker.
  var delivery = DeliveryStatus.live
  private var groups = [BroadcastGroup?](repeating: nil, count: MessageEncoding.allCases.count)
  /// Subscribers whose scripts call the same function share a group; the escaping is shared by all.
  private var scripts: [StreamKind: BroadcastGroup] = [:]
  private var waiters: [LongPollWaiter] = []
  /// Subscribers that are not live.
  var laggards: [Connection: Laggard] = [:]
  /// Those of them that are refilled at the end of the turn.
  var ready: [Connection] = []
  private var isAttached = false
  private var isClosed = false
  private var idle: LoopTimer?
  /// Called when nobody has listened for a while, so that the owner drops the feed.
  private let onIdle: (ChannelFeed) -> Void

  /// Without a subscriber for so long, a feed lets go of its channel, milliseconds. Nothing is lost by letting go: the
  /// log stays, and attaching again costs less than a microsecond.
  static let idleMilliseconds: UInt64 = 250

  init(
    set: ChannelSet, loop: EventLoop, relief: OutputRelief, gauges: ServerGauges,
    onIdle: @escaping (ChannelFeed) -> Void
  ) {
    self.set = set
    soleChannel = set.target(nil)
    self.loop = loop
    self.relief = relief
    self.gauges = gauges
    self.onIdle = onIdle
    live = set.top
    let link = LoopBound(link, loop: loop)
    inboxes = set.channels.map { _ in
      MessageInbox {
        // Once per batch. On the loop itself the batch goes out in this very turn.
        if loop.isOnLoop { link.value.announce(loop) } else { loop.submit { link.value.announce(loop) } }
      } deliveryChanged: {
        loop.submit { link.value.lookAtDelivery() }
      }
    }
    super.init()
    self.link.feed = self
    idle = LoopTimer(loop: loop) { [unowned self] in idleElapsed() }
  }

  package var subscriberCount: Int {
    groups.reduce(0) { $0 + ($1?.count ?? 0) } + scripts.values.reduce(0) { $0 + $1.count } + laggards.count
  }
  package var waiterCount: Int { waiters.count }
  /// Those that are held now.
  var heldPolls: [LongPollWaiter] { waiters }

  // MARK: Attaching

  /// Registers with the logs and reads what lies after the position, as one step.
  ///
  /// What was published before this moment and has not been spread yet goes to those who are here already, so that
  /// the new subscriber sees it only in its replay (rule R2). The same holds for a waiter that is added in this turn:
  /// what was published before is in the result or has been spread, what comes later is in the inboxes.
  ///
  /// - Parameters:
  ///   - position: where the subscriber stands.
  ///   - limits: above them the outcome is `reset(tooMany)`.
  ///   - batch: most that is returned; with `more`, the reader is not live yet.
  package func attach(
    at position: ResumePoint, replay limits: ReplayLimits, batch: ReplayLimits = .unlimited
  ) -> SetRead {
    if isClosed { return set.read(from: position, limits: limits, batch: batch) }
    isAttached = true
    idle?.cancel()
    let attachment = set.attach(inboxes, from: position, limits: limits, batch: batch)
    spread(attachment.pending)
    tell(attachment.read.delivery)
    live = attachment.read.top
    return attachment.read
  }

  /// Adds a caught-up connection to those that get the channel in an encoding.
  package func join(_ connection: Connection, _ encoding: MessageEncoding) {
    idle?.cancel()
    let group: BroadcastGroup
    if let present = groups[encoding.rawValue] {
      group = present
    } else {
      group = BroadcastGroup(loop: loop)
      groups[encoding.rawValue] = group
    }
    group.join(connection)
  }

  /// Adds a caught-up stream.
  func join(_ connection: Connection, _ kind: StreamKind) {
    guard case .scripts = kind.format else { return join(connection, kind.encoding) }
    idle?.cancel()
    let group = scripts[kind] ?? BroadcastGroup(loop: loop)
    scripts[kind] = group
    group.join(connection)
  }

  /// A subscriber has ended, or stays only for its closing handshake.
  package func leave(_ connection: Connection) {
    if !laggards.isEmpty { laggards[connection] = nil }
    for group in groups { group?.leave(connection) }
    if let kind = (connection.driver as? EventStreamDriver)?.kind, let group = scripts[kind] {
      group.leave(connection)
      if group.count == 0 { scripts[kind] = nil }
    }
    left()
  }

  /// Somebody has come.
  func keepAlive() { idle?.cancel() }

  /// Asks for the end of the turn.
  func wake() { loop.atEndOfTurn(self) }

  /// Calls `body` with everybody who has caught up. `body` must not change the groups.
  func forEachLive(_ body: (Connection) -> Void) {
    for group in groups { group?.forEach(body) }
    for group in scripts.values { group.forEach(body) }
  }

  private var isUnused: Bool { subscriberCount == 0 && waiters.isEmpty }

  /// Somebody who did not stay has asked, or a subscriber has gone.
  package func left() {
    if isUnused { idle?.arm(afterMilliseconds: Self.idleMilliseconds) }
  }

  // MARK: Waiters

  func add(_ waiter: LongPollWaiter) {
    idle?.cancel()
    waiter.position = waiters.count
    waiters.append(waiter)
  }

  func remove(_ waiter: LongPollWaiter) {
    let at = waiter.position
    guard waiters.indices.contains(at), waiters[at] === waiter else { return }
    let last = waiters.removeLast()
    if last !== waiter {
      waiters[at] = last
      last.position = at
    }
    waiter.position = -1
    left()
  }

  /// Ends every wait with an empty answer that tells when to come back.
  package func release(retry: (Int) -> Int) {
    let all = waiters
    for (index, waiter) in all.enumerated() { waiter.move(reason: "drain", retry: retry(index)) }
  }

  // MARK: Spreading

  override package func turnEnded() {
    spreadPending()
    if !ready.isEmpty { refillReady() }
  }

  func spreadPending() { spread(inboxes.map { $0.takePending() }) }

  /// - Parameter pending: for each channel what has come since the last call.
  func spread(_ pending: [[Message]]) {
    guard pending.contains(where: { !$0.isEmpty }) else { return }
    if EpochCut.isNeeded(pending, from: live) { return spread(EpochCut(pending)) }
    // Only those who need more than the bytes that a message keeps ask for positions.
    lazy var batch = set.deliveries(pending, from: live)
    for encoding in MessageEncoding.allCases {
      guard let group = groups[encoding.rawValue], group.count > 0 else { continue }
      if encoding == .line || encoding == .lineChunk {
        sendCapped(batch, to: group, as: StreamKind(format: .lines, isChunked: encoding == .lineChunk))
      } else if set.isSingle {
        let messages = pending[0]
        send(messages.count, to: group, position: { Position([messages[$0].id]) }) { index, isEmpty in
          group.append(messages[index], encoding, isEmpty: isEmpty)
        }
      } else {
        send(batch, to: group, position: \.position, bytes: { $0.encoded(encoding) })
      }
    }
    for (kind, group) in scripts where group.count > 0 {
      sendCapped(batch, to: group, as: kind)
    }
    let answers = waiters.isEmpty ? [] : batch
    // Before anybody is answered, whose next request may already wait and attach.
    for (channel, messages) in pending.enumerated() {
      if let last = messages.last { live.pass(last.id, of: channel) }
    }
    if !answers.isEmpty { answerWaiters(answers) }
  }

  /// Sends messages to streams whose answers have a size.
  private func sendCapped(_ batch: [Delivery], to group: BroadcastGroup, as kind: StreamKind) {
    EventStreamDriver.charge(group, batch, as: kind)
    send(batch, to: group, position: \.position, bytes: kind.bytes(of:)) { laggards, start in
      EventStreamDriver.refund(laggards, batch[start...], as: kind)
    }
  }

  /// Sends messages to a group in as few runs as they fit, and takes out those who could not get a run: they stand
  /// where it began.
  ///
  /// - Parameter passedOver: told of those who were taken out, and of the first message that they have not got.
  private func send<Item>(
    _ items: [Item], to group: BroadcastGroup, position: (Item) -> Position, bytes: (Item) -> [UInt8],
    passedOver: ([Connection], Int) -> Void = { _, _ in }
  ) {
    let forms = items.map(bytes)
    send(items.count, to: group, position: { position(items[$0]) }, passedOver: passedOver) { index, isEmpty in
      let form = forms[index]
      guard isEmpty || group.hasRoom(for: form.count) else { return false }
      unsafe group.append(form.span.bytes)
      return true
    }
  }

  /// - Parameter append: appends the item of that index to the group's run and returns true; or false, if the run has
  ///   no room for it. Called again then, with true: by now the run has been sent.
  private func send(
    _ count: Int, to group: BroadcastGroup, position: (Int) -> Position,
    passedOver: ([Connection], Int) -> Void = { _, _ in }, append: (Int, _ isEmpty: Bool) -> Bool
  ) {
    var start = 0
    func deliver(upTo end: Int) {
      group.deliver()
      let laggards = group.takeLaggards()
      gauges.delivered &+= (end - start) &* group.count
      if laggards.isEmpty { return }
      passedOver(laggards, start)
      fallBehind(laggards, at: start == 0 ? live : position(start - 1))
    }
    for index in 0..<count where !append(index, false) {
      deliver(upTo: index)
      start = index
      _ = append(index, true)
    }
    deliver(upTo: count)
  }

  private func answerWaiters(_ batch: [Delivery]) {
    var bodies = PollBodies(batch)
    gauges.delivered &+= batch.count &* waiters.count
    endWaits { $0.answer(&bodies) }
  }

  /// Calls `body`, which answers, with everybody who waits.
  func endWaits(_ body: (LongPollWaiter) -> Void) {
    let all = waiters
    waiters = []
    for waiter in all {
      waiter.position = -1
      body(waiter)
    }
    left()
  }

  private func idleElapsed() {
    guard isUnused else { return }
    detach()
    onIdle(self)
  }

  /// Lets go of the logs for good. Whoever still comes, or is refilled, gets what the logs hold and nothing after it.
  func close() {
    isClosed = true
    detach()
  }

  /// Lets go of the logs; the owner must call it before it drops the feed. Nothing arrives any more.
  package func detach() {
    idle?.cancel()
    link.feed = nil
    guard isAttached else { return }
    isAttached = false
    for (channel, inbox) in zip(set.channels, inboxes) { channel.log.detach(inbox) }
  }
}

/// The way from a channel's inbox to the feed, which ends when the feed lets go. Confined to the loop.
///
/// Not weak: an object that ever had a weak reference is counted by a slower way, and a feed is asked for on each
/// publish.
private final class FeedLink {
  var feed: ChannelFeed?

  func lookAtDelivery() { feed?.lookAtDelivery() }

  func announce(_ loop: EventLoop) {
    if let feed { loop.atEndOfTurn(feed) }
  }
}

extension BroadcastGroup {
  /// Up to this a message is written straight into the run, bytes: room for the longest form is asked for, and more
  /// would make runs leave early.
  private static let writtenInPlace = 16 << 10

  /// Appends a message, unless the run has no room for it and is not empty.
  fileprivate func append(_ message: Message, _ encoding: MessageEncoding, isEmpty: Bool) -> Bool {
    let most = message.mostBytes(encoding)
    if most > Self.writtenInPlace {
      let form = message.encoded(encoding)
      guard isEmpty || hasRoom(for: form.count) else { return false }
      unsafe append(form.span.bytes)
      return true
    }
    guard isEmpty || hasRoom(for: most) else { return false }
    unsafe append(count: most) { start in
      var writer = unsafe ByteWriter(start, capacity: most)
      message.write(encoding, to: &writer)
      return writer.count
    }
    return true
  }
}
