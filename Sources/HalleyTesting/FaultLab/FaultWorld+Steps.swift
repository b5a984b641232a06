import HalleyChannels
import HalleyProtocols

extension FaultWorld {
  /// Long enough for the longest stall, silence and pause to end.
  private static let calm: UInt64 = 210_000

  func perform(_ action: FaultScript.Action) {
    if isCalm { return }
    switch action {
    case .join(let who, let transport): join(who, transport)
    case .publish(let channel, let count, let size):
      for _ in 0..<count { publish(channel: channel % setup.channels, size: size) }
    case .publishTwice(let channel, let size): publish(channel: channel % setup.channels, size: size, twice: true)
    case .presence(let channel): publishPresence(channel: channel % setup.channels)
    case .restart(let time): restart(milliseconds: time)
    case .loseHistory(let time):
      restart(milliseconds: time)
      beginLife()
    case .newEpoch(let channel): beginEpoch(channel: channel % setup.channels)
    case .crowd(let names): crowd(max(0, names))
    case .end: beginCalm()
    case .cut(let who), .cutAfter(let who, _), .halfOpen(let who), .delay(let who, _), .pieces(let who, _),
      .stall(let who, _), .repeatPoll(let who), .change(let who, _, _), .sleep(let who, _), .move(let who, _):
      if let subscriber = subscribers[who] { perform(action, on: subscriber) }
    }
  }

  private func perform(_ action: FaultScript.Action, on subscriber: LabSubscriber) {
    switch action {
    case .cut: subscriber.connections.forEach(cut)
    case .cutAfter(_, let bytes):
      for connection in subscriber.connections { connection.cutAfter = connection.down.taken + bytes }
    case .halfOpen:
      for connection in subscriber.connections {
        connection.isHalfOpen = true
        // The kernel gives up on data that nobody acknowledges (TCP_USER_TIMEOUT).
        queue.push(.serverEnd(connection), at: now + .random(in: 30_000...40_000, using: &connection.random))
      }
    case .delay(_, let time): subscriber.delay = UInt64(max(0, time))
    case .pieces(_, let bytes): subscriber.pieces = max(0, bytes)
    case .stall(_, let time): subscriber.stalledUntil = max(subscriber.stalledUntil, now + UInt64(max(0, time)))
    case .repeatPoll:
      if subscriber.transport.isPoll, subscriber.cursor != nil, subscriber.current != nil { request(subscriber) }
    case .change(_, let transport, let overlapping): change(subscriber, to: transport, overlapping: overlapping)
    case .sleep(_, let time): sleep(subscriber, milliseconds: UInt64(max(0, time)))
    case .move(_, let retry): for connection in subscriber.connections { move(connection, retry: max(0, retry)) }
    default: break
    }
  }

  private func join(_ who: Int, _ transport: LabTransport) {
    guard subscribers[who] == nil else { return }
    let subscriber = LabSubscriber(number: who, transport: transport)
    subscribers[who] = subscriber
    connect(subscriber)
  }

  /// The server's process ends and comes back: every connection breaks, what it knew is gone.
  private func restart(milliseconds: Int) {
    downUntil = now + UInt64(max(0, milliseconds))
    for subscriber in sortedSubscribers { subscriber.connections.forEach(cut) }
    for feed in feeds.compactMap({ $0 }) {
      feed.live.forEach(serverLost)
      feed.held.forEach(serverLost)
      feed.detach()
    }
    feeds = Array(repeating: nil, count: setup.loops)
    remembered = [:]
  }

  /// The broker comes back with an empty log in place of the one that was there.
  private func beginEpoch(channel index: Int) {
    guard let channel = application.channel(index),
      let beginning = LogBeginning(epoch: .random(using: &random))
    else { return violated("refused", "no channel that could begin anew") }
    noteEpoch(of: channel, index)
    channel.log.restart(beginning)
    mayEnd = true
    noteEpoch(of: channel, index)
    mayEnd = false
    wakeFeeds()
  }

  private func wakeFeeds() {
    for feed in feeds {
      if let feed, feed.woken.take() { queue.push(.turn(feed), at: now + UInt64(setup.turn)) }
    }
  }

  /// Others want channels of their own.
  private func crowd(_ names: Int) {
    if feeds.allSatisfy({ $0 == nil }) {
      mayEnd = true
    } else if fault == .forgottenInUse {
      application = LabApplication(setup, clock: clock, seed: random.next(), planting: fault)
    }
    application.crowd(names)
    _ = channels()
    mayEnd = false
  }

  var sortedSubscribers: [LabSubscriber] { subscribers.values.sorted { $0.number < $1.number } }

  // MARK: Publishing

  func publish(channel: Int, size: Int, twice: Bool = false, keyed: Bool = true) {
    report.published += 1
    let number = report.published
    let unit = #"</script> "q\" é\u{2028}]} "#
    let text = "\(channel):\(number) " + String(repeating: unit, count: size / unit.utf8.count)
    let event = number % 7 == 0 ? "moved" : nil
    let key = keyed && setup.keys > 0 && number % 3 != 0 ? "key \(number &* 7_919 % 1_009 % setup.keys)" : nil
    let idempotency = twice ? "k\(number)" : nil
    let payload: [UInt8]
    let made: MessageDraft?
    switch number % 5 {
    case 0:
      payload = Array(text.utf8) + [0xFF, 0x00, 0x0D]
      made = try? MessageDraft(binary: payload, event: event, key: key, idempotencyKey: idempotency)
    case 1, 2:
      payload = Array((number % 3 == 0 ? text + "\r\nsecond\n\nline" : text).utf8)
      made = try? MessageDraft(textBytes: payload, event: event, key: key, idempotencyKey: idempotency)
    default:
      payload = Array(#"{"n":\#(number),"t":"#.utf8) + JSONString.encode(text) + Array("}".utf8)
      made = try? MessageDraft(json: payload, event: event, key: key, idempotencyKey: idempotency)
    }
    guard let draft = made else { return violated("publish", "message \(number) is refused") }
    publish(draft, to: channel, twice: twice)
  }

  /// The channel's own word on a member.
  private func publishPresence(channel: Int) {
    report.published += 1
    let number = report.published
    let json = Array(#"{"user":"\#(channel):\#(number)","members":\#(number % 3)}"#.utf8)
    publish(MessageDraft(presence: number % 2 == 0 ? "presence.join" : "presence.leave", json: json), to: channel)
  }

  private func publish(_ draft: MessageDraft, to index: Int, twice: Bool = false) {
    guard let channel = application.channel(index) else { return violated("refused", "the registry is full") }
    noteEpoch(of: channel, index)
    history.add(PublishedHistory.Record(draft, publishedAt: now), to: index)
    let receipt = channel.log.append(draft)
    if twice { repeatPublish(draft, channel.log, receipt) }
    wakeFeeds()
  }

  private func repeatPublish(_ draft: MessageDraft, _ log: ChannelLog, _ first: PublishReceipt) {
    var draft = draft
    if fault == .publishedTwice, let again = try? MessageDraft(textBytes: draft.payload) { draft = again }
    let second = log.append(draft)
    if second.id != first.id || !second.duplicate { violated("published twice", "\(first.id) again as \(second.id)") }
  }

  // MARK: The end

  func beginCalm() {
    if isCalm { return }
    isCalm = true
    for subscriber in sortedSubscribers {
      subscriber.delay = 10
      subscriber.pieces = 0
      for connection in subscriber.connections { connection.cutAfter = nil }
      if subscriber.isAsleep { comeBack(subscriber, after: 1) }
    }
    queue.push(.lastMessage, at: now + Self.calm)
    queue.push(.finish, at: now + Self.calm + 30_000 + UInt64(setup.poll))
  }

  func finish() {
    isOver = true
    let tops = history.tops
    for subscriber in sortedSubscribers {
      let places = subscriber.transport == .rawWebSocket ? subscriber.current?.places : subscriber.seen
      if places != tops {
        violated(
          "never arrived",
          "\(subscriber.transport.rawValue) \(subscriber.number) stands at \(places.map(LabPlace.cursor) ?? "nothing"), "
            + "the log at \(LabPlace.cursor(tops))")
      }
    }
  }
}
