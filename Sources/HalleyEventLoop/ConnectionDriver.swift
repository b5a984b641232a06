/// What a protocol does with its connections. One driver serves all connections of a route on one loop; what belongs to a
/// single connection is in the connection's `state` and `object`.
///
/// All methods are called on the loop. Each may write, close, pause, adopt, publish, join and leave, on its own connection
/// and on others. The loop keeps a driver alive while it has connections.
open class ConnectionDriver {
  /// The most unread bytes that are kept for one connection, in bytes; a connection that would need more is closed.
  /// Default 1 MiB. Memory grows with what has arrived, to at most twice this.
  public final var maxInput = 1 << 20

  /// The most output bytes that wait for one connection, in bytes; default 1 MiB, at most 1 GiB.
  /// A write that would pass it is refused as a whole and `overflowed` is called at the end of the turn.
  public final var hardQueueLimit = 1 << 20 {
    didSet { hardQueueLimit = min(max(hardQueueLimit, 0), 1 << 30) }
  }

  /// Output bytes of one connection above which it gets no further broadcasts: it lags, and its group's `takeLaggards`
  /// hands it out. By default there is no such limit, and a broadcast counts like any write.
  public final var softQueueLimit = Int.max
  /// Broadcast messages waiting for one connection above which it lags, if there is a soft limit at all.
  public final var softQueueMessages = Int.max

  /// Output bytes below which `hasRoom` is called for a connection that lags.
  public final var lowQueueLimit = 64 << 10

  /// Milliseconds without progress after which a connection with queued output is reset; default 30 000, 0: never.
  public final var writeStall: UInt64 = 30_000

  /// A driver with the default limits.
  public init() {}

  /// The loop has taken the connection. Nothing has been read yet; the connection's state is zero.
  open func opened(_ connection: Connection) {}

  /// Input has arrived. `bytes` begins with what the last call left unused.
  ///
  /// The bytes may be changed in place, and at least 8 bytes after the end may be read and written back. They are gone when
  /// the call returns. Inside this call, `write` goes to the loop's cork, which leaves with one send at the end.
  /// - Returns: how many bytes were used. The rest is kept and comes back, with more, in the next call.
  open func received(_ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int { count }

  /// The connection's deadline has come; it is no longer armed.
  open func deadline(_ connection: Connection) {}

  /// All output that had been queued has been given to the socket.
  open func drained(_ connection: Connection) {}

  /// Less than `lowQueueLimit` waits for a connection that lags, or for which `awaitRoom` was called. May be called again
  /// and again until the connection joins a group.
  open func hasRoom(_ connection: Connection) {}

  /// A write was refused because of `hardQueueLimit`, and so was everything after it in this turn. Closes the connection
  /// unless overridden. Called at the end of the turn; small writes (to 4 KiB) made in here are accepted beyond the limit.
  open func overflowed(_ connection: Connection) { connection.close() }

  /// The connection is over, whoever ended it. Called once; the handle says "not open", its state can still be read.
  open func ended(_ connection: Connection) {}
}

@available(*, unavailable)
extension ConnectionDriver: Sendable {}
