/// What one loop holds at this moment. All are zero after the last connection, timer and shared buffer is gone.
public struct LoopGauges: Sendable, Equatable {
  /// Open connections, and closed ones until the end of their turn.
  public var connections = 0
  /// Timers and connection deadlines on the wheel.
  public var timers = 0
  /// Output bytes of all connections that wait for their sockets. Shared bytes count in full for each connection.
  public var queuedBytes = 0
  /// Memory of connections that keep an incomplete message, in bytes as allocated.
  public var ownInputBytes = 0
  /// Live `SharedBytes`; the spare that a loop keeps for its next broadcast is not one of them.
  public var sharedBuffers = 0

  /// All zero.
  public init() {}

  /// The sum over several loops.
  public static func + (a: LoopGauges, b: LoopGauges) -> LoopGauges {
    var sum = a
    sum.connections += b.connections
    sum.timers += b.timers
    sum.queuedBytes += b.queuedBytes
    sum.ownInputBytes += b.ownInputBytes
    sum.sharedBuffers += b.sharedBuffers
    return sum
  }
}
