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
  package enum Policy: Sendable, Hashable { case disconnect }
  package let policy: Policy

  /// Closed when `queue.hard` is passed; the client comes back with its cursor.
  public static let disconnect = Backpressure(policy: .disconnect)
}
