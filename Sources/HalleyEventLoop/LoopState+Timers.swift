internal import CLibevent

extension LoopState {
  /// Milliseconds per tick, as a shift: 16.
  private static var tickShift: UInt64 { 4 }
  /// A timer that is later than this finds that the process was stopped, or overloaded.
  private static var catchUpTicks: Int32 { 32 }

  /// The first tick at or after a time. Times further off than half a year are looked at again by then.
  func tick(of milliseconds: UInt64) -> UInt32 {
    guard milliseconds > epoch else { return 0 }
    let ticks = (min(milliseconds &- epoch, 1 << 50) &+ 15) >> Self.tickShift
    let farthest = UInt64((now &- epoch) >> Self.tickShift) &+ 1 << 30
    return UInt32(truncatingIfNeeded: min(ticks, farthest))
  }

  mutating func arm(_ node: UnsafeMutablePointer<TimerNode>, at tick: UInt32) {
    wheel.arm(node, at: tick)
    gauges.timers = wheel.count
    // Later ones are seen to when the wheel has turned; while it turns, too.
    if tickCame { return }
    if let armed = tickArmed, Int32(bitPattern: node.pointee.tick &- armed) >= 0 { return }
    armTick(node.pointee.tick)
  }

  mutating func cancel(_ node: UnsafeMutablePointer<TimerNode>) {
    wheel.cancel(node)
    gauges.timers = wheel.count
  }

  /// Time has come for some tick: the next node that is due, if any, is the caller's to act on.
  mutating func popTimer() -> UnsafeMutablePointer<TimerNode>? {
    let node = wheel.pop(through: presentTick)
    gauges.timers = wheel.count
    return node
  }

  /// Before the wheel is turned: was the process stopped meanwhile?
  mutating func judgeLateness() {
    isCatchingUp = wheel.nextTick.map { Int32(bitPattern: presentTick &- $0) > Self.catchUpTicks } ?? false
  }

  /// Sets libevent's timer for the wheel's next tick, or leaves it off when the wheel is empty.
  mutating func rearmTick() {
    tickArmed = nil
    isCatchingUp = false
    if let next = wheel.nextTick { armTick(next) }
  }

  /// The last tick that is over.
  var presentTick: UInt32 { UInt32(truncatingIfNeeded: (now &- epoch) >> Self.tickShift) }

  private mutating func armTick(_ next: UInt32) {
    tickArmed = next
    let ticks = max(0, Int32(bitPattern: next &- presentTick))
    let milliseconds = (Int(ticks) << Int(Self.tickShift)) &+ 1
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    event_add(&tick, &time)
  }
}
