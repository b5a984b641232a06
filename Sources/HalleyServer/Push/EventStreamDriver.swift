import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Drives the detached streams of one kind of one route on one loop: event streams, lines of JSON, scripts in a frame.
///
/// A stream only ever sends. What the client says after its request is read, counted and dropped; above a small budget
/// the connection ends. The single deadline is the next heartbeat or the stream's rotation, whichever comes first.
/// WHATWG HTML §9.2; delivery contract §7.1, §7.4, §7.5, §9.
final class EventStreamDriver: ConnectionDriver {
  /// Bytes a client may send on an open stream before it is cut off.
  static let inputBudget = 64 << 10
  /// How long the tail of a stream that ends may take to leave, milliseconds.
  static let endMilliseconds: UInt64 = 5_000

  private struct State: BitwiseCopyable {
    var life: StreamLife
    var received: Int32 = 0
  }

  let settings: SettingsSource
  private unowned let server: ServerLoop
  let kind: StreamKind
  private let heartbeat: [UInt8]
  private var current: Settings
  private let endpoint: ChannelEndpoint
  private(set) var backpressure = BackpressurePolicy.disconnect

  init(server: ServerLoop, settings: SettingsSource, kind: StreamKind, endpoint: ChannelEndpoint) {
    self.settings = settings
    self.server = server
    self.kind = kind
    self.endpoint = endpoint
    heartbeat = kind.framed(kind.heartbeat)
    current = settings.current
    super.init()
    reload()
  }

  /// The settings have been replaced.
  func reload() {
    current = settings.current
    maxInput = Self.inputBudget
    backpressure = endpoint.backpressure(current, isRaw: false)
    limitQueues(current)
    hardQueueLimit = current.queueHard
    writeStall = UInt64(current.queueStall)
  }

  override func opened(_ connection: Connection) {
    server.gauges.eventStreams += 1
    var random = SystemRandomNumberGenerator()
    connection[state: State.self] = State(life: StreamLife(openedAt: connection.loop.now, using: &random))
    rearm(connection)
  }

  var soft: Int { current.queueSoft }
  var mostMessages: Int { current.queueMessages }

  // MARK: Deadlines

  /// Arms the next deadline by the settings in force.
  func rearm(_ connection: Connection) {
    let life = connection[state: State.self].life
    connection.armDeadline(
      at: life.deadline(lastOutput: connection.lastOutput, heartbeat: current.heartbeat, rotate: current.rotate))
  }

  override func deadline(_ connection: Connection) {
    let life = connection[state: State.self].life
    switch life.due(
      now: connection.loop.now, lastOutput: connection.lastOutput, heartbeat: current.heartbeat, rotate: current.rotate)
    {
    case .wait(let time): connection.armDeadline(at: time)
    case .beat(let next):
      connection.write(bytes: heartbeat)
      charge(connection, kind.heartbeat.count)
      // The write leaves at the end of the turn, so `lastOutput` does not know of it yet.
      connection.armDeadline(at: next)
    case .rotate: end(connection, reason: "rotate", retry: Int.random(in: 0...1_000))
    }
  }

  /// Ends a stream in order and says when to come back (rule R8); the client's cursor stays valid.
  func end(_ connection: Connection, reason: String, retry: Int) {
    connection.write(bytes: kind.farewell(.move(reason: reason, retry: retry), retry: retry))
    connection.closeAfterFlush(within: Self.endMilliseconds)
  }

  // MARK: The size of an answer

  /// Sets how much body may follow what the opening has written.
  func limit(_ connection: Connection, to bytes: Int) { connection[state: State.self].life.limit(to: bytes) }

  /// Counts bytes of body that one connection has got; ends its answer when it has reached `stream.maxBytes`.
  func charge(_ connection: Connection, _ bytes: Int) {
    guard kind.isCapped else { return }
    if connection[state: State.self].life.charge(bytes) { end(connection, reason: "size", retry: 0) }
  }

  /// Counts a batch for every member of a group, before the group gets it. A member whose answer it fills leaves the
  /// group, gets the batch up to the message that fills it, and comes back for the rest with its cursor.
  static func charge(_ group: BroadcastGroup, _ batch: [Delivery], as kind: StreamKind) {
    let sizes = batch.map(kind.bodyCount(of:))
    let total = sizes.reduce(0, +)
    var full: [Connection] = []
    group.forEach { connection in
      if connection[state: State.self].life.left > total {
        _ = connection[state: State.self].life.charge(total)
      } else {
        full.append(connection)
      }
    }
    for connection in full {
      group.leave(connection)
      guard let driver = connection.driver as? EventStreamDriver else { continue }
      for (message, size) in zip(batch, sizes) where connection.isOpen {
        connection.write(bytes: kind.bytes(of: message))
        driver.charge(connection, size)
      }
    }
  }

  /// Takes back what was counted for members that the group has passed over: they get it from the log.
  static func refund(_ connections: [Connection], _ missed: ArraySlice<Delivery>, as kind: StreamKind) {
    let bytes = missed.reduce(0) { $0 + kind.bodyCount(of: $1) }
    for connection in connections { connection[state: State.self].life.refund(bytes) }
  }

  // MARK: Limits

  override func hasRoom(_ connection: Connection) { (connection.object as? ChannelFeed)?.hasRoom(connection) }

  /// More would wait than `queue.hard`: what has not begun to leave is dropped, and the client is sent away. It comes
  /// back with its cursor and gets everything from the log, so slowness costs it nothing but a connection.
  override func overflowed(_ connection: Connection) {
    connection.discardQueued()
    end(connection, reason: "overload", retry: 0)
  }

  override func received(_ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    let received = Int(connection[state: State.self].received) + count
    connection[state: State.self].received = Int32(clamping: received)
    if received > Self.inputBudget { connection.close() }
    return count
  }

  override func ended(_ connection: Connection) {
    server.gauges.eventStreams -= 1
    server.detachedEnded(connection)
    (connection.object as? ChannelFeed)?.leave(connection)
  }
}
