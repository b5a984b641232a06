import HalleyChannels
import HalleyProtocols

/// The server's end of the connections: what clients ask.
extension FaultWorld {
  static let heartbeatTime = 15_000
  private static let hold: UInt64 = 20_000

  var replay: ReplayLimits { ReplayLimits(messages: setup.replay.messages, bytes: setup.replay.bytes) }
  var batch: ReplayLimits { ReplayLimits(messages: setup.batch.messages, bytes: setup.batch.bytes) }

  func arrivedAtServer(_ connection: LabConnection, upTo end: Int) {
    guard connection.serverOpen, !connection.isCut, !connection.isHalfOpen else { return }
    guard now >= downUntil else { return cut(connection) }
    connection.lastInput = now
    connection.request += connection.up.take(upTo: end)
    switch connection.stage {
    case .head:
      guard connection.request.suffix(4).elementsEqual([13, 10, 13, 10]) else { return }
      guard let head = try? HTTPHeadParser.parse(connection.request), let query = QueryString(decoding: head.query)
      else { return violated("request", String(decoding: connection.request, as: UTF8.self)) }
      connection.request = []
      answer(connection, head, query)
    case .hello, .live, .lagging: if connection.transport.isWebSocket { readFrames(connection) }
    case .held, .ended: break
    }
  }

  private func answer(_ connection: LabConnection, _ head: HTTPRequestHead, _ query: QueryString) {
    if connection.transport.isWebSocket {
      write(connection, Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".utf8))
      if connection.transport == .webSocket {
        connection.stage = .hello
        pump(connection)
      } else {
        subscribe(connection, ResumePoint(Array((query.first("cursor") ?? "").utf8), default: .latest))
      }
      return
    }
    connection.kind = connection.transport.kind(isChunked: head.minorVersion > 0)
    let field = head.string(of: "last-event-id")
    let queried = query.first("cursor")
    let named =
      fault == .staleCursorWins
      ? ResumePoint(lastEventID: queried, queried: []) : ResumePoint(lastEventID: field, queried: [queried])
    let point = named ?? .start(.latest)
    let hold = query.first("hold").flatMap { UInt64($0) }
    if connection.transport.isPoll || hold != nil {
      poll(connection, point, hold: hold)
    } else {
      subscribe(connection, point)
    }
  }

  /// The client's frames go through the server's own receiver: the greeting, and the answers to pings.
  private func readFrames(_ connection: LabConnection) {
    var receiver = WebSocketReceiver()
    var step = WebSocketReceiver.Step()
    let count = connection.request.count
    var greeting: ClientFrame?
    var bytes = connection.request + [UInt8](repeating: 0, count: 8)
    var isSound = true
    bytes.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      reading: while isSound {
        switch receiver.next(start, count, limits: WebSocketLimits(), compression: false, &step) {
        case .more: break reading
        case .pong: continue
        case .message where connection.stage.isHello && greeting == nil:
          greeting = ClientFrame(Array(buffer[step.start..<step.start + step.length]))
          isSound = greeting != nil
        default: isSound = false
        }
      }
    }
    guard isSound else { return violated("request", "\(name(connection)) a frame that cannot be read") }
    // What has come of a frame is offered again in full, so the receiver is new each time.
    connection.request.removeFirst(step.next)
    guard let greeting else { return }
    guard case .hello(let cursor) = greeting else { return violated("request", "the hello cannot be read") }
    subscribe(connection, ResumePoint(cursor ?? [], default: .latest))
  }

  // MARK: Polls

  private func poll(_ connection: LabConnection, _ point: ResumePoint, hold: UInt64?) {
    guard let feed = feed(of: connection) else { return }
    var point = planted(point, feed.set)
    if fault == .lostAnswerConsumes, let position = remembered[connection.subscriber.number] { point = position.point }
    connection.expected.append(history.expected(connection.asked, start: connection.start, limited: true, now: now))
    let read = planted(attach(feed, point, limits: replay, batch: batch).read, feed.set)
    let interval = hold == 0 ? setup.poll : PollReply.promptly
    let reply = PollReply(form: form(connection), arrival: read, of: feed.set, interval: interval)
    if hold == 0 || read.answersAtOnce {
      left(feed)
      let end = fault == .cursorAfterWholeBatch ? read.top : read.end
      let body = reply.found()
      let deliveries = read.deliveries(of: feed.set)
      respond(connection, planted(body, reply, deliveries[...], more: read.more, at: end), deliveries[...], end)
    } else {
      connection.stage = .held(reply)
      connection.feed = feed
      feed.held.append(connection)
      let longest = hold.map { min(max($0, 5) * 1_000, Self.hold) } ?? Self.hold
      let shortest = fault == .holdCutShort ? longest / 2 : longest * 9 / 10
      queue.push(.holdEnds(connection), at: now + .random(in: shortest...longest, using: &connection.random))
    }
  }

  private func form(_ connection: LabConnection) -> PollReply.Form {
    if let kind = connection.kind { return .stream(text(kind)) }
    if connection.transport == .jsonp, let callback = JSONPCallback(Array("cb".utf8)) { return .script(callback) }
    return .object
  }

  func text(_ kind: StreamKind) -> StreamText {
    StreamText(kind: kind, heartbeat: Self.heartbeatTime, maxBytes: setup.cap)
  }

  /// A turn's messages end every wait.
  func answerHeld(_ feed: LabFeed, with run: [Delivery]) {
    let held = feed.held
    feed.held = []
    for connection in held {
      guard case .held(let reply) = connection.stage else { continue }
      let messages = Delivery.batch(run, batch)
      let end = (fault == .cursorAfterWholeBatch ? run.last : messages.last)?.position ?? reply.arrival.end
      let body = reply.answered(with: run, within: batch)
      respond(connection, planted(body, reply, messages, more: messages.count < run.count, at: end), messages, end)
    }
    left(feed)
  }

  /// A new epoch ends every wait: what the request has found no longer holds.
  func answerHeld(_ feed: LabFeed, with reset: SetRead, _ outcome: LabOutcome) {
    let held = feed.held
    feed.held = []
    for connection in held {
      guard case .held(var reply) = connection.stage else { continue }
      if fault != .epochNotTold { reply.arrival = reset }
      connection.expected = [outcome]
      respond(connection, reply.answered(with: [], within: batch), [], reply.arrival.end)
    }
    left(feed)
  }

  func holdEnded(_ connection: LabConnection) {
    guard case .held(let reply) = connection.stage, connection.serverOpen, fault != .holdForgotten else { return }
    report.holdsExpired += 1
    release(connection, reply.expired(), reply)
  }

  /// The server sends a client away; its cursor stays valid.
  func move(_ connection: LabConnection, retry: Int) {
    guard connection.serverOpen else { return }
    switch connection.stage {
    case .live, .lagging: end(connection, reason: "drain", retry: retry)
    case .held(let reply):
      connection.wasMoved = true
      release(connection, reply.moved(reason: "drain", retry: retry), reply)
    case .head, .hello, .ended: break
    }
  }

  /// Ends a wait without messages.
  private func release(_ connection: LabConnection, _ body: [UInt8], _ reply: PollReply) {
    if let feed = connection.feed {
      feed.held.removeAll { $0 === connection }
      left(feed)
    }
    respond(connection, body, [], reply.arrival.end)
  }

  private func respond(
    _ connection: LabConnection, _ whole: [UInt8], _ messages: ArraySlice<Delivery>, _ end: Position
  ) {
    var body = whole
    for delivery in messages { body = planted(body, delivery) }
    remembered[connection.subscriber.number] = end
    write(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
    connection.stage = .ended
    connection.feed = nil
    connection.endsAt = connection.down.written
    pump(connection)
  }
}

extension LabTransport {
  /// The server's name for how it frames a stream; nil for WebSockets and polls.
  fileprivate func kind(isChunked: Bool) -> StreamKind? {
    switch self {
    case .eventStream, .heldEventSource: StreamKind(format: .events, isChunked: isChunked)
    case .eventStreamFrames, .pollingEventSource: StreamKind(format: .eventFrames, isChunked: isChunked)
    case .stream: StreamKind(format: .lines, isChunked: isChunked)
    case .iframe:
      JSONPCallback(Array("parent.process".utf8)).map {
        StreamKind(format: .scripts(.callback($0)), isChunked: isChunked)
      }
    case .webSocket, .rawWebSocket, .longPoll, .shortPoll, .jsonp: nil
    }
  }
}
