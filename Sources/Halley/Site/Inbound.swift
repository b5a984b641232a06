import HalleyServer

/// What becomes of the data that subscribers send on a WebSocket.
public struct Inbound: Sendable, Hashable {
  let mode: InboundMode

  /// Read and dropped; the default.
  public static let discard = Inbound(mode: .ignore)
  /// Published to the route's channel: text frames as text, binary frames as binary.
  public static let publish = Inbound(mode: .publish)
  /// Published after a check; what does not pass is refused.
  public static func publish(as kind: PayloadKind) -> Inbound { Inbound(mode: kind.mode) }
}

/// What a published payload must be.
public struct PayloadKind: Sendable, Hashable {
  let mode: InboundMode

  /// One JSON value.
  public static let json = PayloadKind(mode: .publishJSON)
}

/// What happens to a subscriber that reads more slowly than its channel speaks.
public struct Backpressure: Sendable, Hashable {
  let policy: BackpressurePolicy

  /// What `.conflate(by:)` goes by.
  public struct Conflation: Sendable, Hashable {
    /// The key that the publisher gives.
    public static let key = Conflation()
  }

  /// At the soft limit the connection gets no live copies any more and keeps only its position. When less than a quarter
  /// of the limit waits, it is refilled from the channel's history in batches until it has caught up: nothing is lost
  /// or repeated. When the history has moved on, the client is told by a reset. The default; WebSockets without frames
  /// and channels without history use ``disconnect`` instead.
  public static let skipAndResume = Backpressure(policy: .skipAndResume)

  /// As ``skipAndResume``, and of the messages that wait with one key in one channel only the newest is sent, in its
  /// own place: for values of which the last one counts. How far back is a matter of the channel's history.
  public static func conflate(by _: Conflation) -> Backpressure { Backpressure(policy: .conflate) }

  /// Nothing at the soft limit; at the hard one a WebSocket is closed with 4100, and a stream ends with a `move`. The
  /// client comes back with its cursor. A peer that does not take even that is reset after 5 seconds.
  public static let disconnect = Backpressure(policy: .disconnect)
}
