import HalleyProtocols

/// The subscribers: they ask, read, keep their cursor, and come back.
extension FaultWorld {
  /// Silence after which a stream counts as dead: twice the heartbeat and 5 s (delivery contract §9).
  private static let silence: UInt64 = 2 * UInt64(heartbeatTime) + 5_000
  /// An answer to a poll is given up after its hold and 10 s.
  private static let patience: UInt64 = 30_000

  // MARK: Connecting

  /// Opens the connection that the subscriber goes on with.
  func connect(_ subscriber: LabSubscriber) {
    subscriber.generation += 1
    subscriber.current = request(subscriber)
  }

  @discardableResult
  func request(_ subscriber: LabSubscriber) -> LabConnection {
    report.connections += 1
    subscriber.opened += 1
    let seed = setup.seed ^ UInt64(subscriber.number) << 40 ^ UInt64(subscriber.opened) << 20
    let isRaw = subscriber.transport == .rawWebSocket
    let connection = LabConnection(
      number: report.connections, subscriber: subscriber, asked: isRaw ? nil : subscriber.cursor,
      random: SeededRandom(seed: seed), now: now)
    subscriber.connections.append(connection)
    say(connection, Array(head(connection).utf8))
    queue.push(.watch(connection), at: now + Self.silence)
    return connection
  }

  private func head(_ connection: LabConnection) -> String {
    let cursor = connection.asked.map(LabPlace.cursor) ?? ""
    let query: String
    var fields = ""
    switch connection.transport {
    case .webSocket: (query, fields) = ("", "Upgrade: websocket\r\nSec-WebSocket-Protocol: halley.v1\r\n")
    case .rawWebSocket: (query, fields) = ("cursor=\(connection.start.text)", "Upgrade: websocket\r\n")
    case .eventStream, .heldEventSource, .pollingEventSource:
      // A browser comes back to the address it was given first, with the last event id in a field.
      let first = connection.subscriber.eventSourceCursor ?? connection.asked
      connection.subscriber.eventSourceCursor = first
      let way =
        switch connection.transport {
        case .heldEventSource: "&hold=20"
        case .pollingEventSource: "&hold=0&format=frames"
        default: ""
        }
      query = "cursor=\(first.map(LabPlace.cursor) ?? "")\(way)"
      fields = "Accept: text/event-stream\r\n" + (cursor.isEmpty ? "" : "Last-Event-ID: \(cursor)\r\n")
    case .eventStreamFrames: query = "transport=sse&format=frames&cursor=\(cursor)"
    case .stream: query = "transport=stream&cursor=\(cursor)"
    case .iframe: query = "transport=iframe&callback=parent.process&cursor=\(cursor)"
    // Without a cursor a client does not let itself be held: a lost answer would lose where it stands.
    case .longPoll: query = "transport=poll&cursor=\(cursor)\(cursor.isEmpty ? "&hold=0" : "")"
    case .shortPoll: query = "transport=poll&hold=0&cursor=\(cursor)"
    case .jsonp: query = "callback=cb&cursor=\(cursor)\(cursor.isEmpty ? "&hold=0" : "")"
    }
    return "GET /feed?\(query) HTTP/1.\(connection.isOld ? 0 : 1)\r\nHost: lab\r\n\(fields)\r\n"
  }

  private func say(_ connection: LabConnection, _ bytes: [UInt8]) {
    connection.up.write(bytes)
    let link = connection.subscriber
    while let (arrival, end) = connection.up.send(window: .max, piece: link.pieces, now: now, delay: link.delay) {
      queue.push(.toServer(connection, upTo: end), at: arrival)
    }
  }

  // MARK: Reading

  func arrivedAtClient(_ connection: LabConnection, upTo end: Int) {
    guard connection.clientOpen, !connection.isCut, !connection.isHalfOpen else { return }
    let subscriber = connection.subscriber
    if subscriber.stalledUntil > now {
      return queue.push(.toClient(connection, upTo: end), at: subscriber.stalledUntil)
    }
    var end = end
    if let limit = connection.cutAfter, end >= limit {
      end = limit
      cut(connection)
    }
    connection.lastHeard = now
    checkAge(connection)
    let before = connection.reader.status
    let frames = connection.reader.read(connection.down.take(upTo: end))
    if before == 0, connection.reader.status == 101, connection.transport == .webSocket { hello(connection) }
    for frame in frames {
      read(frame, connection)
      if !connection.clientOpen || isOver { return }
    }
    if connection.transport.isPlainEventStream { takeEventID(connection) }
    if connection.isCut { takeUnfinished(connection) }
    taken(connection)
  }

  private func hello(_ connection: LabConnection) {
    let cursor = connection.asked.map { #","cursor":"\#(LabPlace.cursor($0))""# } ?? ""
    sayFrame(connection, 0x81, Array(#"{"type":"hello"\#(cursor)}"#.utf8))
  }

  private func sayFrame(_ connection: LabConnection, _ first: UInt8, _ payload: [UInt8]) {
    let key: [4 of UInt8] = [1, 2, 3, UInt8(truncatingIfNeeded: connection.number)]
    say(connection, WebSocketFrameEncoder.encode(first, payload, key: key))
  }

  private func read(_ frame: LabFrame, _ connection: LabConnection) {
    let subscriber = connection.subscriber
    switch frame {
    case .opening(let word, let reason, let cursor, let channels):
      opened(connection, word: word, reason: reason, cursor: cursor, channels: channels)
      if isOver { return }
      subscriber.attempts = 0
      if connection === subscriber.current {
        for other in subscriber.connections where other !== connection && !other.transport.isPoll { close(other) }
      }
      // A poll's cursor counts when its messages have been read.
      if !connection.transport.isPoll || word == "reset", let places = LabPlace.all(in: cursor) {
        subscriber.take(places)
      }
    case .message(let message): read(message, connection)
    case .cursor(let cursor):
      told(connection, cursor: cursor)
      if let places = LabPlace.all(in: cursor) { subscriber.take(places) }
    case .ping(let payload): sayFrame(connection, 0x8A, payload)
    case .move(let retry): connection.retry = retry
    case .answered(let cursor, let more, let retry):
      told(connection, cursor: cursor)
      checkHold(connection)
      if let places = LabPlace.all(in: cursor) { subscriber.take(places) }
      answered(connection, more: more, retry: retry)
    case .heartbeat: break
    case .malformed(let text): violated("malformed", "\(name(connection)) \(text)")
    }
  }

  private func read(_ message: LabMessage, _ connection: LabConnection) {
    let subscriber = connection.subscriber
    let place = place(of: message, connection)
    let isKnown =
      place.map { place in
        (subscriber.cursor ?? []).contains { $0.epoch == place.epoch && $0.offset >= place.offset }
      } ?? false
    arrived(message, place, connection)
    if isOver { return }
    let isLate = place.map { subscriber.over.contains($0.epoch) } ?? false
    if isKnown && fault != .duplicatesKept || isLate {
      report.duplicatesDropped += 1
      return
    }
    delivered(place, connection)
    // What the cursor says of the other channels counts where they have been passed over.
    if connection.conflates, let place, let places = LabPlace.all(in: message.cursor ?? message.id ?? []) {
      pagePassed(places.filter { $0.epoch != place.epoch }, connection)
      if subscriber.cursor != nil { subscriber.take(places) }
    }
    guard let place, var cursor = subscriber.cursor ?? LabPlace.all(in: message.cursor ?? message.id ?? []) else {
      return
    }
    if let index = cursor.firstIndex(where: { $0.epoch == place.epoch }) { cursor[index].offset = place.offset }
    subscriber.cursor = cursor
  }

  /// The id; where it is a joined cursor, as in a plain event stream, the part of it that has moved. Where a message in
  /// one channel comes after others have been passed over, several have: then the page knows it by its payload.
  private func place(of message: LabMessage, _ connection: LabConnection) -> LabPlace? {
    guard let id = message.id else { return nil }
    guard setup.channels > 1, connection.transport.isPlainEventStream else { return LabPlace(id[...]) }
    guard let places = LabPlace.all(in: id) else { return nil }
    let moved = zip(places, connection.places).filter { $0 != $1 }.map(\.0)
    if moved.count > 1, let own = moved.first(where: { isMessage(message, at: $0) }) { return own }
    return moved.first ?? places.first
  }

  /// A browser keeps the last event id also of blocks that show nothing.
  private func takeEventID(_ connection: LabConnection) {
    let cursor = Array(connection.reader.lastEventID.utf8)
    guard let places = LabPlace.all(in: cursor) else { return }
    if connection.conflates, !connection.places.isEmpty { told(connection, cursor: cursor) }
    connection.subscriber.take(places)
  }

  /// The planted client that believes an answer's head before it has the answer.
  private func takeUnfinished(_ connection: LabConnection) {
    guard fault == .cursorBeforeDelivery, connection.transport.isPoll, !connection.reader.isComplete else { return }
    let body = connection.reader.unread
    guard let from = body.firstRange(of: Array(#""cursor":""#.utf8))?.upperBound,
      let to = body[from...].firstIndex(of: UInt8(ascii: "\"")), let places = LabPlace.all(in: Array(body[from..<to]))
    else { return }
    connection.subscriber.take(places)
  }

  /// A poll is over: the next one follows.
  private func answered(_ connection: LabConnection, more: Bool, retry: Int) {
    let subscriber = connection.subscriber
    let isCurrent = subscriber.current === connection
    close(connection)
    guard isCurrent else { return }
    let longest = UInt64(setup.poll)
    let pause: UInt64 =
      subscriber.transport == .shortPoll && !more ? .random(in: longest / 6...longest, using: &random) : 1
    comeBack(subscriber, after: max(pause, UInt64(max(0, retry))))
  }

  // MARK: Endings

  /// The client learns that a connection has ended.
  func clientLost(_ connection: LabConnection) {
    guard connection.clientOpen else { return }
    let subscriber = connection.subscriber
    if subscriber.stalledUntil > now, !connection.isCut {
      return queue.push(.clientEnd(connection), at: subscriber.stalledUntil)
    }
    let isCurrent = subscriber.current === connection
    let isWhole = connection.transport.isBrief && connection.reader.isComplete
    if isWhole { checkHold(connection) }
    close(connection)
    guard isCurrent else { return }
    // An event source comes back when it was told to, whether its answer was whole or not; a page has its own pace.
    if isWhole {
      comeBack(subscriber, after: UInt64(max(1, connection.reader.reconnectionTime ?? 1_000)))
    } else {
      backOff(subscriber, atLeast: connection.retry ?? 0)
    }
  }

  /// Is the connection silent for too long?
  func watch(_ connection: LabConnection) {
    guard connection.clientOpen else { return }
    let limit = connection.transport.isPoll ? Self.patience : Self.silence
    // A page that has been stopped first reads what has come meanwhile.
    let due = max(connection.lastHeard + limit, connection.subscriber.stalledUntil + 1)
    if now < due { return queue.push(.watch(connection), at: due) }
    checkSilence(connection)
    let subscriber = connection.subscriber
    let isCurrent = subscriber.current === connection
    close(connection)
    if isCurrent { backOff(subscriber, atLeast: 0) }
  }

  private func close(_ connection: LabConnection) {
    guard connection.clientOpen else { return }
    connection.clientOpen = false
    let subscriber = connection.subscriber
    subscriber.connections.removeAll { $0 === connection }
    if subscriber.current === connection { subscriber.current = nil }
    if connection.serverOpen, !connection.isHalfOpen { queue.push(.serverEnd(connection), at: now + subscriber.delay) }
  }

  /// Full jitter over a window that doubles; what the server asks for is a lower bound.
  private func backOff(_ subscriber: LabSubscriber, atLeast retry: Int) {
    let window = min(20_000, 500 << min(subscriber.attempts, 6))
    subscriber.attempts += 1
    comeBack(subscriber, after: max(UInt64(max(0, retry)), .random(in: 0...UInt64(window), using: &random)))
  }

  func comeBack(_ subscriber: LabSubscriber, after pause: UInt64) {
    subscriber.generation += 1
    queue.push(.wake(subscriber, generation: subscriber.generation), at: now + pause)
  }

  func change(_ subscriber: LabSubscriber, to transport: LabTransport, overlapping: Bool) {
    guard subscriber.transport != .rawWebSocket, transport != .rawWebSocket, !subscriber.isAsleep else { return }
    subscriber.transport = transport
    subscriber.eventSourceCursor = nil
    // Without a cursor two connections could begin at two places.
    if !overlapping || subscriber.cursor == nil { subscriber.connections.forEach(close) }
    connect(subscriber)
  }

  func sleep(_ subscriber: LabSubscriber, milliseconds: UInt64) {
    subscriber.connections.forEach(close)
    subscriber.isAsleep = true
    comeBack(subscriber, after: milliseconds)
  }
}
