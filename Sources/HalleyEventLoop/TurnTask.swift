/// Work at the end of a turn: after all sockets of the turn, before dirty connections are flushed.
///
/// Subclass it and hand an instance to `EventLoop.atEndOfTurn(_:)`. Loop-confined.
open class TurnTask {
  /// Set from scheduling to the call, so that a task runs once however often it is asked for.
  final var isScheduled = false
  /// The task after this one in the loop's list.
  final var nextTask: TurnTask?

  /// A task that is not scheduled.
  public init() {}

  /// Called once at the end of the turn. It may schedule any task, also itself: what is asked for in the meantime runs in a
  /// second round of the same turn, and after that in the next turn.
  open func turnEnded() {}
}

@available(*, unavailable)
extension TurnTask: Sendable {}
