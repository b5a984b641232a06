/// A value that belongs to one loop, in a box that may travel.
///
/// The box can be captured by a task or a job; the value comes out only on its loop.
public struct LoopBound<Value>: @unchecked Sendable {
  // Sendable because `value` is reached only through the check below, or not at all.
  private let stored: Value
  private let loop: EventLoop

  /// Boxes a value on its loop.
  public init(_ value: Value, loop: EventLoop) {
    stored = value
    self.loop = loop
  }

  /// The value. Traps off the loop: that is a mistake in the program, never something a client can cause.
  public var value: Value {
    loop.preconditionOnLoop()
    return stored
  }
}
