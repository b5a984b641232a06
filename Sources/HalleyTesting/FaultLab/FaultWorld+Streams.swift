import HalleyChannels
import HalleyProtocols

/// The server's end of what stays open: attaching, spreading, lagging and refilling.
extension FaultWorld {
  /// Attaches, tells the outcome, replays and goes live, as one step of the loop.
  func subscribe(_ connection: LabConnection, _ point: ResumePoint) {
    guard let feed = feed(of: connection) else { return }
    connection.expected.append(history.expected(connection.asked, start: connection.start, limited: true, now: now))
    let first = ReplayLimits(messages: setup.batch.messages, bytes: max(1, setup.soft / 4))
    let attachment = attach(feed, planted(point, feed.set), limits: replay, batch: first)
    let read = planted(attachment.read, feed.set)
    connection.stage = .live
    connection.feed = feed
    feed.live.append(connection)
    open(connection, read, feed.set)
    if fault == .duplicateAtAttach {
      for delivery in feed.set.deliveries(attachment.pending, from: read.end) { send(connection, delivery) }
    }
    // A replay is what the client has asked for: nothing of it is conflated.
    if case .live = connection.stage, read.more { connection.stage = .lagging(Refill(at: read.end)) }
    pump(connection)
    beginDeadlines(connection)
  }

  /// Registers with the logs and reads what lies after the position, as one step; what has come meanwhile goes to those
  /// who are here already.
  func attach(
    _ feed: LabFeed, _ point: ResumePoint, limits: ReplayLimits, batch: ReplayLimits
  ) -> SetAttachment {
    feed.idles += 1
    let attachment = feed.set.attach(feed.inboxes, from: point, limits: limits, batch: batch)
    spread(attachment.pending, on: feed)
    feed.position = attachment.read.top
    return attachment
  }

  /// Outcome and the first part of the replay.
  private func open(_ connection: LabConnection, _ read: SetRead, _ set: ChannelSet) {
    connection.life = StreamLife(openedAt: now, using: &connection.random)
    if let kind = connection.kind {
      let (bytes, left) = text(kind).opening(read, of: set, retry: 2_000)
      let framing = kind.isChunked ? "Transfer-Encoding: chunked" : "Connection: close"
      write(connection, Array("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n".utf8) + bytes)
      connection.life.limit(to: left)
      // What it has said ends with the farewell.
      if left <= 0 { ended(connection) }
      return
    }
    if connection.transport == .rawWebSocket {
      connection.places = connection.expected.removeFirst().start
    } else {
      tell(connection, .opening(read, of: set, heartbeat: Self.heartbeatTime), at: read.start)
    }
    for delivery in read.deliveries(of: set) { send(connection, delivery) }
  }

  /// The policy in force: payloads alone cannot tell a gap, and without history there is nothing to refill from.
  private func policy(of connection: LabConnection) -> FaultScript.Setup.Policy {
    let cannotRefill = connection.transport == .rawWebSocket || setup.history.messages == 0
    return setup.policy == .skip && cannotRefill ? .disconnect : setup.policy
  }

  // MARK: Sending

  private func send(_ connection: LabConnection, _ delivery: Delivery) {
    if connection.serverOpen, connection.stage.isOpen { send(connection, delivery, form(delivery, for: connection)) }
  }

  /// A message in the connection's own form.
  private func form(_ delivery: Delivery, for connection: LabConnection) -> [UInt8] {
    if let kind = connection.kind { return planted(kind.bytes(of: delivery), delivery) }
    return planted(delivery.encoded(connection.transport == .webSocket ? .webSocketFramed : .webSocketRaw), delivery)
  }

  private func send(_ connection: LabConnection, _ delivery: Delivery, _ bytes: [UInt8]) {
    write(connection, bytes)
    if let kind = connection.kind, kind.isCapped { charge(connection, kind.bodyCount(of: delivery)) }
    guard connection.stage.isOpen, connection.down.queued > setup.hard, policy(of: connection) == .disconnect else {
      return
    }
    pump(connection)
    if connection.down.queued > setup.hard { disconnect(connection) }
  }

  /// More waits than may: what has not begun to leave is dropped, and the client comes back with its cursor. Payloads
  /// alone have none, so they leave first.
  private func disconnect(_ connection: LabConnection) {
    report.disconnects += 1
    if connection.transport != .rawWebSocket { connection.down.discardQueued() }
    if fault != .droppedNotEnded { end(connection, reason: "overload", retry: 0) }
  }

  /// Counts body; a stream that has said as much as it may ends with it.
  func charge(_ connection: LabConnection, _ bytes: Int) {
    guard connection.kind?.isCapped == true, connection.stage.isOpen else { return }
    if connection.life.charge(bytes) { end(connection, reason: "size", retry: 0) }
  }

  private func tell(_ connection: LabConnection, _ frame: ServerFrame, at position: Position) {
    guard let kind = connection.kind else {
      return write(connection, WebSocketFrameEncoder.encode(0x81, frame.json))
    }
    let block = kind.block(frame, id: position.description)
    write(connection, kind.framed(block))
    charge(connection, block.count)
  }

  /// Nothing visible lies before the position (rule R4); payloads alone cannot tell it.
  func tell(_ connection: LabConnection, _ position: Position) {
    if connection.transport == .rawWebSocket { return }
    guard let kind = connection.kind, kind.format == .events else {
      return tell(connection, .cursor(position.description), at: position)
    }
    // A block with data would be an event to the page.
    let block = EventStreamEncoder.block(id: position.description)
    write(connection, kind.framed(block))
  }

  /// Ends a stream in order (rule R8).
  func end(_ connection: LabConnection, reason: String, retry: Int) {
    if let kind = connection.kind {
      write(connection, kind.farewell(.move(reason: reason, retry: retry), retry: retry))
    } else {
      if connection.transport == .webSocket { connection.down.discardQueued() }
      write(connection, WebSocketFrameEncoder.encode(0x88, [0x03, 0xF4]))
    }
    ended(connection)
    pump(connection)
  }

  /// Everything is said; it has 5 s to leave.
  private func ended(_ connection: LabConnection) {
    connection.stage = .ended
    connection.endsAt = connection.down.written
    queue.push(.unflushed(connection), at: now + 5_000)
    if let feed = connection.feed {
      feed.live.removeAll { $0 === connection }
      connection.feed = nil
      left(feed)
    }
  }

  // MARK: Spreading

  func turnEnded(_ feed: LabFeed) {
    guard feeds.contains(where: { $0 === feed }) else { return }
    spread(feed.inboxes.map { $0.takePending() }, on: feed)
  }

  /// Each run goes to everybody who is live; held polls are answered with it.
  private func spread(_ pending: [[Message]], on feed: LabFeed) {
    guard pending.contains(where: { !$0.isEmpty }) else { return }
    if EpochCut.isNeeded(pending, from: feed.position) { return spread(EpochCut(pending), on: feed) }
    var run = feed.set.deliveries(pending, from: feed.position)
    guard let last = run.last else { return }
    let before = feed.position
    feed.position = last.position
    if fault == .reordered, run.count > 1 { run.swapAt(0, 1) }
    for connection in feed.live {
      guard case .live = connection.stage, !isRotationPlanted(connection) else { continue }
      if connection.down.queued > setup.soft, policy(of: connection) != .disconnect {
        fallBehind(connection, at: before)
      } else {
        for delivery in run {
          send(connection, delivery)
          if fault == .repeated, delivery.entry.message.id.offset % 50 == 0 { send(connection, delivery) }
          guard case .live = connection.stage else { break }
        }
        pump(connection)
      }
    }
    if !feed.held.isEmpty { answerHeld(feed, with: run) }
  }

  /// What is left of the old epochs, the reset, and what has come in the new ones. Whoever lags is told when it is
  /// refilled.
  private func spread(_ cut: EpochCut, on feed: LabFeed) {
    spread(cut.before, on: feed)
    for (channel, id) in cut.begun { feed.position.pass(id, of: channel) }
    let reset = SetRead(cut, at: feed.position, delivery: .live)
    var outcome = LabOutcome(start: places(feed.position), resets: [])
    outcome.resets = cut.begun.map { LabOutcome.Reset(channel: $0.channel, reason: "epoch") }
    for connection in feed.live {
      guard case .live = connection.stage else { continue }
      // Payloads alone cannot tell it: the socket is closed with 4203.
      if connection.transport == .rawWebSocket {
        end(connection, reason: "gap", retry: 0)
        continue
      }
      connection.expected.append(outcome)
      if fault != .epochNotTold {
        tell(connection, .opening(reset, of: feed.set, heartbeat: Self.heartbeatTime), at: reset.start)
      }
      pump(connection)
    }
    answerHeld(feed, with: reset, outcome)
    spread(cut.after, on: feed)
  }

  // MARK: Lagging

  private func fallBehind(_ connection: LabConnection, at position: Position) {
    if fault == .droppedWhenFull { return }
    connection.conflates = setup.policy == .conflate
    connection.stage = .lagging(Refill(at: position, conflates: connection.conflates))
  }

  /// The client has taken something: more can leave, and a lagging subscriber may be due.
  func drained(_ connection: LabConnection) {
    connection.lastDrained = now
    pump(connection)
    while case .lagging(var refill) = connection.stage, connection.serverOpen, let feed = connection.feed,
      Refill.isDue(queued: connection.down.queued, soft: setup.soft)
    {
      refillOnce(connection, &refill, feed)
      guard case .lagging = connection.stage else { break }
      connection.stage = refill.isCaughtUp ? .live : .lagging(refill)
      if refill.isCaughtUp, fault == .forgottenAfterRefill { feed.live.removeAll { $0 === connection } }
      pump(connection)
    }
    pump(connection)
  }

  private func refillOnce(_ connection: LabConnection, _ refill: inout Refill, _ feed: LabFeed) {
    report.refills += 1
    let stands = refill.position
    let budget = max(1, setup.soft / 2)
    let limits = ReplayLimits(messages: setup.batch.messages, bytes: budget)
    let read = attach(feed, stands.point, limits: .unlimited, batch: refill.readLimits(limits)).read
    if !read.resets.isEmpty {
      // Payloads alone cannot tell it: the socket is closed with 4203.
      if connection.transport == .rawWebSocket { return end(connection, reason: "gap", retry: 0) }
      connection.expected.append(history.expected(places(stands), start: .latest, limited: false, now: now))
      if fault != .expiryNotTold {
        tell(connection, .opening(read, of: feed.set, heartbeat: Self.heartbeatTime), at: read.start)
      }
      guard case .lagging = connection.stage else { return }
    }
    var written = 0
    var sent = 0
    let newest = planted(conflating: refill, read)
    let told = refill.take(read) { entry, position in
      let delivery = Delivery(set: feed.set, entry: entry, position: position)
      let bytes = form(delivery, for: connection)
      guard case .lagging = connection.stage, written == 0 || written + bytes.count <= budget else { return false }
      if fault == .skippedOnRefill, written > 0 { return true }
      if newest?(entry) == true { return true }
      written += bytes.count
      sent += 1
      send(connection, delivery, bytes)
      return true
    }
    guard case .lagging = connection.stage else { return }
    if refill.conflates {
      let passed = read.messages.count { refill.position.entries[$0.channel].offset >= $0.message.id.offset }
      report.conflated += passed - sent
    }
    if let told { tell(connection, told) }
  }

  private func places(_ position: Position) -> [LabPlace] {
    LabPlace.all(in: Array(position.description.utf8)) ?? []
  }
}
