import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Serves channels over WebSocket with frames that carry ids, cursors and outcomes: subprotocol `halley.v1`
/// (delivery contract §6, §7.6). `hello` comes first; until then nothing is subscribed.
final class FramedSocketDriver: ChannelSocketDriver {
  static let subprotocol = "halley.v1"

  /// Application close codes of the contract.
  private static let misuse = WebSocketCloseCode(rawValue: 4002)
  private static let rotated = WebSocketCloseCode(rawValue: 4200)

  override var encoding: MessageEncoding { .webSocketFramed }
  /// The cursor brings it back.
  override var dropsQueueToClose: Bool { true }

  override func tellReset(_ read: SetRead, of set: ChannelSet, to connections: [Connection]) {
    send(connections, .opening(read, of: set, heartbeat: settings.current.heartbeat))
  }

  override func tell(_ delivery: DeliveryStatus, to connections: [Connection]) {
    send(connections, .status(delivery))
  }

  override func tell(_ position: Position, to connection: Connection) {
    send(WebSocketConnection(connection), .cursor(position.description))
  }

  override func began(_ socket: WebSocketConnection, _ session: WebSocketSession) {
    guard let opening else { return socket.close(code: .internalError) }
    self.opening = nil
    server.presence.hold(opening.ticket, for: socket.connection)
    opening.ticket = nil
    WebSocketCompanion.attach(opening, to: socket.connection)
    rearm(socket.connection)
  }

  override func due(_ socket: WebSocketConnection, now: UInt64) -> UInt64? {
    let connection = socket.connection
    if let opening = pending(socket) {
      let deadline = opening.openedAt + UInt64(settings.current.webSocketHelloTimeout)
      if now < deadline { return deadline }
      socket.close(code: Self.misuse, reason: "hello")
      return nil
    }
    let current = settings.current
    let life = current.rotate == 0 ? .max - now : lifeLeft(connection, now: now, rotate: current.rotate)
    if life == 0 {
      rotate(socket)
      return nil
    }
    let interval = UInt64(current.heartbeat)
    let silence = silence(connection, now: now)
    if silence < interval { return now + min(life, interval - silence) }
    send(socket, .heartbeat)
    noteSeen(connection, now: now)
    return now + min(life, interval)
  }

  /// Sends a client away that has stayed for long, to spread load (rule R8, close code 4200). What is queued leaves
  /// first, as far as `websocket.closeTimeout` allows; the cursor brings the rest.
  private func rotate(_ socket: WebSocketConnection) {
    let retry = Int.random(in: 0...1_000)
    socket.close(code: Self.rotated, reason: #"{"retry":\#(retry),"reason":"rotate"}"#, dropsQueue: false)
  }

  override func message(_ socket: WebSocketConnection, _ message: WebSocketMessage) {
    guard message.isText else { return socket.close(code: .unsupportedData) }
    guard let frame = ClientFrame(message.bytes) else { return socket.close(code: Self.misuse, reason: "json") }
    if let opening = pending(socket) {
      guard case .hello(let cursor) = frame else { return socket.close(code: Self.misuse, reason: "hello") }
      return hello(socket, opening, cursor)
    }
    switch frame {
    case .publish(let draft): publish(socket, draft)
    case .hello: send(socket, .error(ref: nil, code: "hello"))
    // Nobody is asked who they are, so there is no lease that a token could renew.
    case .token: break
    case .unknown: send(socket, .error(ref: nil, code: "type"))
    }
  }

  private func hello(_ socket: WebSocketConnection, _ opening: SocketOpening, _ cursor: [UInt8]?) {
    // Rule R6: a cursor of the handshake wins over the one in the greeting, also one by name.
    var point = opening.point
    if !opening.isNamed, let cursor, !cursor.isEmpty { point = ResumePoint(cursor, default: .latest) }
    let heartbeat = settings.current.heartbeat
    let resolved = SocketOpening(set: opening.set, point: point, isNamed: true, openedAt: opening.openedAt)
    subscribe(socket, resolved) { read in
      let welcome = WebSocketFrameEncoder.encode(
        0x81, ServerFrame.opening(read, of: opening.set, heartbeat: heartbeat).json)
      if read.delivery == .live { return welcome }
      return welcome + WebSocketFrameEncoder.encode(0x81, ServerFrame.status(read.delivery).json)
    }
    rearm(socket.connection)
  }

  private func publish(_ socket: WebSocketConnection, _ publish: ClientFrame.Publish) {
    guard inbound != .ignore, let set = feed(of: socket)?.set else {
      return send(socket, .error(ref: publish.ref, code: "not_offered"))
    }
    guard let channel = set.target(publish.channel) else {
      return send(socket, .error(ref: publish.ref, code: "channel"))
    }
    let draft: MessageDraft
    do {
      // The publisher is known by its address, and asked for only by those who repeat themselves.
      let publisher = publish.idempotencyKey == nil ? "" : socket.connection.peerAddress
      draft = try MessageDraft(publish, mustBeJSON: inbound == .publishJSON, publisher: publisher)
    } catch {
      return send(socket, .error(ref: publish.ref, code: "invalid"))
    }
    let loop = server.loop
    let bound = LoopBound((self, socket), loop: loop)
    let ref = publish.ref
    channel.publish(draft) { outcome in
      let tell: @Sendable () -> Void = {
        let (driver, socket) = bound.value
        switch outcome {
        case .success(let receipt):
          // Nothing of a new epoch comes before its reset.
          driver.feed(of: socket)?.meet(receipt.id.epoch)
          driver.send(socket, .ack(ref: ref ?? [], id: receipt.id.description, duplicate: receipt.duplicate))
        case .failure(.tooLarge): driver.send(socket, .error(ref: ref, code: "too_large"))
        case .failure(.invalid): driver.send(socket, .error(ref: ref, code: "invalid"))
        case .failure(.refused): driver.send(socket, .error(ref: ref, code: "unavailable"))
        case .failure(.unknown): driver.send(socket, .error(ref: ref, code: "unknown"))
        }
      }
      if loop.isOnLoop { tell() } else { loop.submit(tell) }
    }
  }

  private func send(_ socket: WebSocketConnection, _ frame: ServerFrame) { send([socket.connection], frame) }

  private func send(_ connections: [Connection], _ frame: ServerFrame) {
    let bytes = WebSocketFrameEncoder.encode(0x81, frame.json)
    for connection in connections where WebSocketConnection(connection).isOpen { connection.write(bytes: bytes) }
  }

  private func pending(_ socket: WebSocketConnection) -> SocketOpening? {
    WebSocketCompanion.attachment(of: socket.connection, as: SocketOpening.self)
  }
}
