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
    /// Loop milliseconds.
    var openedAt: UInt64 = 0
    var received: Int32 = 0
    /// Per cent of the heartbeat interval this connection uses, 90…100, so that connections do not beat together.
    var pace: UInt8 = 0
    /// Per cent of `rotate`, 80…100.
    var life: UInt8 = 0
    /// Bytes of body until the answer has reached its size; stays as it is where there is no such size.
    var left: Int = .max
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
    connection[state: State.self] = State(
      openedAt: connection.loop.now, pace: UInt8.random(in: 90...100), life: UInt8.random(in: 80...100))
    rearm(connection)
  }

  var soft: Int { current.queueSoft }
  var mostMessages: Int { current.queueMessages }

  // MARK: Deadlines

  /// Arms the next deadline by the settings in force.
  func rearm(_ connection: Connection) { arm(connection, beat: connection.lastOutput + interval(connection)) }

  private func arm(_ connection: Connection, beat: UInt64) {
    connection.armDeadline(at: min(beat, rotation(connection)))
  }

  private func interval(_ connection: Connection) -> UInt64 {
    UInt64(current.heartbeat) * UInt64(connection[state: State.self].pace) / 100
  }

  private func rotation(_ connection: Connection) -> UInt64 {
    let state = connection[state: State.self]
    return current.rotate == 0 ? .max : state.openedAt + UInt64(current.rotate) * UInt64(state.life) / 100
  }

  override func deadline(_ connection: Connection) {
    let now = connection.loop.now
    if now >= rotation(connection) {
      end(connection, reason: "rotate", retry: Int.random(in: 0...1_000))
    } else if now >= connection.lastOutput + interval(connection) {
      connection.write(bytes: heartbeat)
      charge(connection, kind.heartbeat.count)
      // The write leaves at the end of the turn, so `lastOutput` does not know of it yet.
      arm(connection, beat: now + interval(connection))
    } else {
      rearm(connection)
    }
  }

  /// Ends a stream in order and says when to come back (rule R8); the client's cursor stays valid.
  func end(_ connection: Connection, reason: String, retry: Int) {
    connection.write(bytes: kind.farewell(.move(reason: reason, retry: retry), retry: retry))
    connection.closeAfterFlush(within: Self.endMilliseconds)
  }

  // MARK: The size of an answer

  /// Sets how much body may follow what the opening has written.
  func limit(_ connection: Connection, to bytes: Int) { connection[state: State.self].left = bytes }

  /// Counts bytes of body that one connection has got; ends its answer when it has reached `stream.maxBytes`.
  func charge(_ connection: Connection, _ bytes: Int) {
    guard kind.isCapped else { return }
    connection[state: State.self].left -= bytes
    if connection[state: State.self].left <= 0 { end(connection, reason: "size", retry: 0) }
  }

  /// Counts a batch for every member of a group, before the group gets it. A member whose answer it fills leaves the
  /// group, gets the batch up to the message that fills it, and comes back for the rest with its cursor.
  static func charge(_ group: BroadcastGroup, _ batch: [Delivery], as kind: StreamKind) {
    let sizes = batch.map(kind.bodyCount(of:))
    let total = sizes.reduce(0, +)
    var full: [Connection] = []
    group.forEach { connection in
      let left = connection[state: State.self].left
      if left > total { connection[state: State.self].left = left - total } else { full.append(connection) }
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
    for connection in connections { connection[state: State.self].left += bytes }
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
