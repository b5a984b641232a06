/// A timer on a loop's wheel. Arming and cancelling are O(1) and allocate nothing. Loop-confined; one that goes away while it
/// is armed is cancelled, on any thread.
public final class LoopTimer {
  /// The node first, so that its address is the box's.
  struct Box {
    var node: TimerNode
    let owner: Unmanaged<LoopTimer>
  }

  private let loop: EventLoop
  private let box: UnsafeMutablePointer<Box>
  private let fire: () -> Void
  private var due: UInt64 = 0

  /// A timer that is not armed; `fire` is called on the loop.
  public init(loop: EventLoop, _ fire: @escaping () -> Void) {
    self.loop = loop
    self.fire = fire
    box = .allocate(capacity: 1)
    box.initialize(to: Box(node: TimerNode(owner: .timer), owner: .passUnretained(self)))
  }

  deinit {
    let loop = loop
    let box = ConfinedBox(box: box)
    // A stopped loop takes no job, and has nothing on its wheel.
    if loop.isOnLoop || !loop.inbox.post({ box.free(loop) }) { box.free(loop) }
  }

  /// Whether it will fire.
  public var isArmed: Bool { box.pointee.node.isLinked }

  /// Fires once after so many milliseconds, at most one tick (16 ms) late; replaces what was armed before.
  public func arm(afterMilliseconds milliseconds: UInt64) {
    loop.preconditionOnLoop()
    due = loop.now &+ min(milliseconds, 1 << 40)
    place()
  }

  /// Takes it back. Nothing happens when it is not armed.
  public func cancel() {
    loop.preconditionOnLoop()
    loop.state.pointee.cancel(&box.pointee.node)
  }

  private func place() {
    loop.state.pointee.arm(&box.pointee.node, at: loop.state.pointee.tick(of: due))
  }

  /// The wheel has taken it off.
  func timerCame() {
    if due > loop.state.pointee.now { return place() }
    fire()
  }

  /// The box on its way to the loop's thread, which is the only one that touches it.
  private struct ConfinedBox: @unchecked Sendable {
    let box: UnsafeMutablePointer<Box>

    func free(_ loop: EventLoop) {
      loop.state.pointee.cancel(&box.pointee.node)
      box.deallocate()
    }
  }
}
