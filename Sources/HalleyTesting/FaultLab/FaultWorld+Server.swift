import HalleyChannels
import HalleyProtocols

/// The server's end of the connections: requests, attaching, spreading, refilling, held polls.
extension FaultWorld {
  static let heartbeatTime: UInt64 = 15_000
  private static let stallTime: UInt64 = 30_000
  private static let hold: UInt64 = 20_000

  private var replay: ReplayLimits { ReplayLimits(messages: setup.replay.messages, bytes: setup.replay.bytes) }
  private var batch: ReplayLimits { ReplayLimits(messages: setup.batch.messages, bytes: setup.batch.bytes) }

  private func loop(of connection: LabConnection) -> LabLoop { loops[connection.number % loops.count] }

  // MARK: Requests

  func arrivedAtServer(_ connection: LabConnection, upTo end: Int) {
    guard connection.serverOpen, !connection.isCut, !connection.isHalfOpen else { return }
    guard now >= downUntil else { return cut(connection) }
    connection.request += connection.up.take(upTo: end)
    switch connection.stage {
    case .head:
      guard connection.request.suffix(4).elementsEqual([13, 10, 13, 10]) else { return }
      guard let head = try? HTTPHeadParser.parse(connection.request), let query = QueryString(decoding: head.query)
      else { return violated("request", String(decoding: connection.request, as: UTF8.self)) }
      connection.request = []
      answer(connection, head, query)
    case .hello: readHello(connection)
    default: break
    }
  }

  private func answer(_ connection: LabConnection, _ head: HTTPRequestHead, _ query: QueryString) {
    if connection.transport == .webSocket || connection.transport == .rawWebSocket {
      write(connection, Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".utf8))
      if connection.transport == .webSocket {
        connection.stage = .hello
        pump(connection)
      } else {
        subscribe(connection, ResumePoint(Array((query.first("cursor") ?? "").utf8), default: .latest))
      }
      return
    }
    let field = head.string(of: "last-event-id")
    let queried = query.first("cursor")
    let named =
      fault == .staleCursorWins
      ? ResumePoint(lastEventID: queried, queried: []) : ResumePoint(lastEventID: field, queried: [queried])
    let point = named ?? .start(.latest)
    if connection.transport.isPoll {
      poll(connection, point, holds: query.first("hold") != "0")
    } else {
      write(connection, Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
      subscribe(connection, point)
    }
  }

  /// The client's frames go through the server's own receiver.
  private func readHello(_ connection: LabConnection) {
    var receiver = WebSocketReceiver()
    var step = WebSocketReceiver.Step()
    let count = connection.request.count
    var bytes = connection.request + [UInt8](repeating: 0, count: 8)
    let event = bytes.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map {
        receiver.next($0, count, limits: WebSocketLimits(), compression: false, &step)
      }
    }
    // What has come of a frame is offered again in full, so the receiver is new each time.
    guard event != .more else { return }
    guard event == .message, case .hello(let cursor) = ClientFrame(Array(bytes[step.start..<step.start + step.length]))
    else { return violated("request", "the hello cannot be read") }
    connection.request = []
    subscribe(connection, ResumePoint(cursor ?? [], default: .latest))
  }

  // MARK: Streams

  /// Attaches, tells the outcome, replays and goes live, as one step of the loop.
  private func subscribe(_ connection: LabConnection, _ point: ResumePoint) {
    let loop = loop(of: connection)
    connection.expected.append(history.expected(connection.asked, start: connection.start, limited: true, now: now))
    let attachment = set.attach(loop.inboxes, from: planted(point), limits: replay)
    spread(attachment.pending, on: loop)
    loop.position = attachment.read.top
    open(connection, planted(attachment.read))
    if fault == .duplicateAtAttach {
      for delivery in set.deliveries(attachment.pending, from: attachment.read.end) { send(connection, delivery) }
    }
    if connection.left > 0 {
      connection.stage = .live
      loop.live.append(connection)
      queue.push(.heartbeat(connection), at: now + Self.heartbeatTime)
    } else {
      connection.stage = .ended
      connection.endsAt = connection.down.written
    }
    pump(connection)
  }

  /// Outcome and replay.
  private func open(_ connection: LabConnection, _ read: SetRead) {
    if let kind = connection.transport.kind {
      let text = StreamText(kind: kind, heartbeat: Int(Self.heartbeatTime), maxBytes: setup.cap)
      let (bytes, left) = text.opening(read, of: set, retry: 2_000)
      write(connection, bytes)
      connection.left = left
      return
    }
    if connection.transport == .rawWebSocket {
      connection.places = connection.expected.removeFirst().start
    } else {
      tell(connection, .opening(read, of: set, heartbeat: Int(Self.heartbeatTime)), at: read.start)
    }
    for delivery in read.deliveries(of: set) { send(connection, delivery) }
  }

  /// A message in the connection's own form; a stream that has said as much as it may ends with it.
  private func send(_ connection: LabConnection, _ delivery: Delivery) {
    guard connection.serverOpen else { return }
    guard let kind = connection.transport.kind else {
      let encoding = connection.transport == .webSocket ? MessageEncoding.webSocketFramed : .webSocketRaw
      return write(connection, planted(delivery.encoded(encoding), delivery))
    }
    write(connection, planted(kind.bytes(of: delivery), delivery))
    guard kind.isCapped else { return }
    connection.left -= kind.bodyCount(of: delivery)
    if connection.left <= 0 { end(connection, reason: "size", retry: 0) }
  }

  private func tell(_ connection: LabConnection, _ frame: ServerFrame, at position: Position) {
    if let kind = connection.transport.kind {
      write(connection, kind.framed(kind.block(frame, id: position.description)))
    } else {
      write(connection, WebSocketFrameEncoder.encode(0x81, frame.json))
    }
  }

  /// Ends a stream in order (rule R8).
  private func end(_ connection: LabConnection, reason: String, retry: Int) {
    connection.stage = .ended
    if let kind = connection.transport.kind {
      write(connection, kind.farewell(.move(reason: reason, retry: retry), retry: retry))
    } else {
      write(connection, WebSocketFrameEncoder.encode(0x88, [0x03, 0xF4]))
    }
    connection.endsAt = connection.down.written
    pump(connection)
    loop(of: connection).live.removeAll { $0 === connection }
  }

  // MARK: Spreading

  func turnEnded(_ loop: LabLoop) {
    guard loops.contains(where: { $0 === loop }) else { return }
    spread(loop.inboxes.map { $0.takePending() }, on: loop)
  }

  /// Each run goes to everybody who is live; held polls are answered with it.
  private func spread(_ pending: [[Message]], on loop: LabLoop) {
    var run = set.deliveries(pending, from: loop.position)
    guard let last = run.last else { return }
    let before = loop.position
    loop.position = last.position
    if fault == .reordered, run.count > 1 { run.swapAt(0, 1) }
    for connection in loop.live {
      guard case .live = connection.stage else { continue }
      if connection.down.queued > setup.soft {
        overflow(connection, at: before)
      } else {
        for delivery in run {
          send(connection, delivery)
          if fault == .repeated, delivery.entry.message.id.offset % 50 == 0 { send(connection, delivery) }
          guard case .live = connection.stage else { break }
        }
        pump(connection)
      }
    }
    let held = loop.held
    loop.held = []
    for connection in held {
      guard case .held(let arrival) = connection.stage else { continue }
      let batch = Delivery.batch(run, batch)
      let end = (fault == .cursorAfterWholeBatch ? run.last : batch.last)?.position ?? arrival.end
      respond(connection, arrival, batch, more: batch.count < run.count, end: end)
    }
  }

  // MARK: Lagging

  private func overflow(_ connection: LabConnection, at position: Position) {
    if fault == .droppedWhenFull { return }
    // Without frames nobody could be told of a gap.
    if connection.transport == .rawWebSocket { return end(connection, reason: "slow", retry: 0) }
    connection.stage = .lagging(Refill(at: position))
  }

  /// The client has taken something: more can leave, and a lagging subscriber may be due.
  private func drained(_ connection: LabConnection) {
    connection.lastDrained = now
    pump(connection)
    while case .lagging(var refill) = connection.stage, connection.serverOpen,
      Refill.isDue(queued: connection.down.queued, soft: setup.soft)
    {
      report.refills += 1
      let loop = loop(of: connection)
      let stands = refill.position
      let attachment = set.attach(
        loop.inboxes, from: stands.point, limits: .unlimited, batch: refill.readLimits(batch))
      spread(attachment.pending, on: loop)
      loop.position = attachment.read.top
      let read = attachment.read
      if !read.resets.isEmpty {
        connection.expected.append(history.expected(places(stands), start: .latest, limited: false, now: now))
        tell(connection, .opening(read, of: set, heartbeat: Int(Self.heartbeatTime)), at: read.start)
      }
      var first = true
      let told = refill.take(read) { entry, position in
        guard first || connection.down.queued <= setup.soft else { return false }
        if fault == .skippedOnRefill, !first { return true }
        first = false
        send(connection, Delivery(set: set, entry: entry, position: position))
        return true
      }
      guard case .lagging = connection.stage else { break }
      if let told { tell(connection, .cursor(told.description), at: told) }
      connection.stage = refill.isCaughtUp ? .live : .lagging(refill)
      if refill.isCaughtUp, fault == .forgottenAfterRefill { loop.live.removeAll { $0 === connection } }
      pump(connection)
    }
  }

  private func places(_ position: Position) -> [LabPlace] {
    LabPlace.all(in: Array(position.description.utf8)) ?? []
  }

  // MARK: Polls

  private func poll(_ connection: LabConnection, _ point: ResumePoint, holds: Bool) {
    let loop = loop(of: connection)
    var point = planted(point)
    if fault == .lostAnswerConsumes, let position = remembered[connection.subscriber.number] { point = position.point }
    connection.expected.append(history.expected(connection.asked, start: connection.start, limited: true, now: now))
    let attachment = set.attach(loop.inboxes, from: point, limits: replay, batch: batch)
    spread(attachment.pending, on: loop)
    loop.position = attachment.read.top
    let read = planted(attachment.read).resetAlone
    if !holds || read.answersAtOnce {
      let end = fault == .cursorAfterWholeBatch ? read.top : read.end
      respond(connection, read, read.deliveries(of: set)[...], more: read.more, end: end)
    } else {
      connection.stage = .held(read)
      loop.held.append(connection)
      queue.push(
        .holdEnds(connection), at: now + .random(in: Self.hold * 9 / 10...Self.hold, using: &connection.random))
    }
  }

  func holdEnded(_ connection: LabConnection) {
    guard case .held(let arrival) = connection.stage, connection.serverOpen else { return }
    loop(of: connection).held.removeAll { $0 === connection }
    respond(connection, arrival, [], more: false, end: arrival.end)
  }

  private func respond(
    _ connection: LabConnection, _ arrival: SetRead, _ messages: ArraySlice<Delivery>, more: Bool, end: Position,
    retry: Int = 0
  ) {
    var body = PollObject.encode(arrival, of: set, messages, cursor: end, more: more, retry: retry)
    for delivery in messages { body = planted(body, delivery) }
    if connection.transport == .jsonp, let callback = JSONPCallback(Array("cb".utf8)) {
      body = JSONPBody.wrap(body, in: callback)
    }
    remembered[connection.subscriber.number] = end
    write(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8))
    write(connection, body)
    connection.stage = .ended
    connection.endsAt = connection.down.written
    pump(connection)
  }

  // MARK: Deadlines, moves, endings

  func heartbeat(_ connection: LabConnection) {
    guard connection.serverOpen else { return }
    switch connection.stage {
    case .live, .lagging: break
    default: return
    }
    if connection.down.queued > 0, now >= connection.lastDrained + Self.stallTime { return cut(connection) }
    if now >= connection.lastOutput + Self.heartbeatTime {
      if let kind = connection.transport.kind {
        write(connection, kind.framed(kind.heartbeat))
      } else if connection.transport == .webSocket {
        write(connection, WebSocketFrameEncoder.encode(0x81, ServerFrame.heartbeat.json))
      } else {
        write(connection, WebSocketFrameEncoder.encode(0x89, []))
      }
      pump(connection)
    }
    queue.push(.heartbeat(connection), at: max(now + 1_000, connection.lastOutput + Self.heartbeatTime))
  }

  /// The server sends a client away; its cursor stays valid.
  func move(_ connection: LabConnection, retry: Int) {
    guard connection.serverOpen else { return }
    switch connection.stage {
    case .live, .lagging: end(connection, reason: "drain", retry: retry)
    case .held(let arrival):
      loop(of: connection).held.removeAll { $0 === connection }
      respond(connection, arrival, [], more: false, end: arrival.end, retry: retry)
    case .head, .hello, .ended: break
    }
  }

  /// The server knows that the connection is gone.
  func serverLost(_ connection: LabConnection) {
    connection.serverOpen = false
    connection.stage = .ended
    for loop in loops {
      loop.live.removeAll { $0 === connection }
      loop.held.removeAll { $0 === connection }
    }
  }

  // MARK: The link

  private func write(_ connection: LabConnection, _ bytes: [UInt8]) {
    guard connection.serverOpen else { return }
    connection.down.write(bytes)
    connection.lastOutput = now
  }

  /// Puts on its way what the link takes.
  func pump(_ connection: LabConnection) {
    guard !connection.isCut else { return }
    let link = connection.subscriber
    while let (arrival, end) = connection.down.send(
      window: setup.window, piece: link.pieces, now: now, delay: link.delay)
    {
      queue.push(.toClient(connection, upTo: end), at: arrival)
    }
    if let end = connection.endsAt, connection.down.sent == end {
      connection.endsAt = nil
      queue.push(.clientEnd(connection), at: connection.down.quiet(after: now))
    }
  }

  /// The client has read up to here.
  func taken(_ connection: LabConnection) { if connection.serverOpen { drained(connection) } else { pump(connection) } }

  /// Breaks a connection: what is on its way is lost, both sides are told.
  func cut(_ connection: LabConnection) {
    guard !connection.isCut else { return }
    connection.isCut = true
    queue.push(.clientEnd(connection), at: now + .random(in: 0...50, using: &connection.random))
    queue.push(.serverEnd(connection), at: now + .random(in: 0...2_000, using: &connection.random))
  }
}

extension LabTransport {
  /// The server's name for how it frames a stream; nil for WebSockets and polls.
  fileprivate var kind: StreamKind? {
    switch self {
    case .eventStream: StreamKind(format: .events, isChunked: true)
    case .eventStreamFrames: StreamKind(format: .eventFrames, isChunked: true)
    case .stream: StreamKind(format: .lines, isChunked: true)
    case .iframe:
      JSONPCallback(Array("parent.process".utf8)).map { StreamKind(format: .scripts(.callback($0)), isChunked: true) }
    case .webSocket, .rawWebSocket, .longPoll, .shortPoll, .jsonp: nil
    }
  }
}
