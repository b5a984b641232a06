import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// What a route with channels needs to know when one of its sockets opens, until it is subscribed.
final class SocketOpening {
  let set: ChannelSet
  let point: ResumePoint
  /// The handshake says so itself; a greeting cannot say otherwise.
  let isNamed: Bool
  /// Loop milliseconds.
  let openedAt: UInt64
  /// Counts the client from the moment its socket is accepted.
  var ticket: PresenceTicket?

  init(set: ChannelSet, point: ResumePoint, isNamed: Bool, openedAt: UInt64) {
    self.set = set
    self.point = point
    self.isNamed = isNamed
    self.openedAt = openedAt
  }
}

/// Serves channels over plain WebSocket: payloads only, in both directions (raw mode, delivery contract §7.6).
///
/// A frame cannot tell an outcome, so a cursor here is `latest`, `oldest` or `last-<n>`. For the same reason `rotate`
/// does not move these connections: nobody could come back to where it was, and what is published meanwhile would be
/// lost without a word.
class ChannelSocketDriver: WebSocketDriver {
  unowned let server: ServerLoop
  let inbound: InboundMode
  private let endpoint: ChannelEndpoint
  private(set) var backpressure = BackpressurePolicy.disconnect
  private(set) var soft = 0
  private(set) var mostMessages = 0
  /// The socket that is being detached; `began` takes it.
  var opening: SocketOpening?

  @available(*, unavailable)
  package override init(settings: SettingsSource) { preconditionFailure("made with a server") }

  init(server: ServerLoop, settings: SettingsSource, endpoint: ChannelEndpoint) {
    self.server = server
    self.endpoint = endpoint
    inbound = endpoint.webSocketInbound
    super.init(settings: settings)
  }

  /// The form in which subscribers get the messages.
  var encoding: MessageEncoding { .webSocketRaw }

  override func reload() {
    super.reload()
    let current = settings.current
    backpressure = endpoint.backpressure(current, isRaw: encoding == .webSocketRaw)
    soft = current.queueSoft
    mostMessages = current.queueMessages
    limitQueues(current)
  }

  /// Payloads alone cannot tell a reset: the client must come back and look at its snapshot again.
  func tellReset(_ read: SetRead, of set: ChannelSet, to connections: [Connection]) {
    for connection in connections { WebSocketConnection(connection).close(code: Self.historyGap) }
  }

  /// Nor whether messages arrive.
  func tell(_ delivery: DeliveryStatus, to connections: [Connection]) {}

  /// Payloads alone cannot tell a position.
  func tell(_ position: Position, to connection: Connection) {}

  private static let historyGap = WebSocketCloseCode(rawValue: 4203)

  override func began(_ socket: WebSocketConnection, _ session: WebSocketSession) {
    guard let opening else { return socket.close(code: .internalError) }
    self.opening = nil
    server.presence.hold(opening.ticket, for: socket.connection)
    subscribe(socket, opening)
  }

  /// Attaches, replays and goes live, as one step of the loop.
  @discardableResult
  func subscribe(
    _ socket: WebSocketConnection, _ opening: SocketOpening, welcome: (SetRead) -> [UInt8]? = { _ in nil }
  ) -> SetRead {
    let set = opening.set
    let feed = server.feed(of: set)
    let limits = settings.current
    let read = feed.attach(
      at: opening.point, replay: ReplayLimits(messages: limits.replayMessages, bytes: limits.replayBytes),
      batch: firstBatch)
    if let frame = welcome(read) { socket.connection.write(bytes: frame) }
    read.forEach { socket.connection.write(bytes: set.encode($0, encoding, at: $1)) }
    WebSocketCompanion.attach(feed, to: socket.connection)
    feed.admit(socket.connection, self, read)
    return read
  }

  override func message(_ socket: WebSocketConnection, _ message: WebSocketMessage) {
    guard inbound != .ignore, let feed = feed(of: socket) else { return }
    // A payload alone cannot say which of several channels it is for.
    guard let channel = feed.soleChannel else { return socket.close(code: .policyViolation, reason: "channel") }
    let kind: MessageKind = inbound == .publishJSON ? .json : message.isText ? .text : .binary
    do {
      try channel.publish(raw: message.bytes, as: kind)
    } catch .tooLarge {
      return socket.close(code: .messageTooBig)
    } catch {
      let mustFit = inbound == .publishJSON || channel.contract != nil
      return socket.close(code: mustFit ? .invalidPayload : .policyViolation)
    }
  }

  func feed(of socket: WebSocketConnection) -> ChannelFeed? {
    WebSocketCompanion.attachment(of: socket.connection, as: ChannelFeed.self)
  }

  override func hasRoom(_ connection: Connection) {
    readOn(connection)
    WebSocketCompanion.attachment(of: connection, as: ChannelFeed.self)?.hasRoom(connection)
  }

  /// RFC 6455 §5.5.1: no data follows our close frame; and what waits, the frame too, is not overtaken by new messages.
  override func closing(_ socket: WebSocketConnection) { feed(of: socket)?.leave(socket.connection) }

  override func finished(_ socket: WebSocketConnection, _ code: WebSocketCloseCode, isFailure: Bool) {
    feed(of: socket)?.leave(socket.connection)
  }
}
