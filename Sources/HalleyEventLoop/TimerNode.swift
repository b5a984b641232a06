/// The intrusive part of something that waits on a `TimerWheel`. It must not move while it is linked.
struct TimerNode {
  /// Whose node it is; tells the loop what surrounds it in memory.
  enum Owner: UInt32 {
    case connection
    case timer
  }

  var next: UnsafeMutablePointer<TimerNode>?
  /// The pointer that points to this node; `nil` while it is not on a wheel.
  var link: UnsafeMutablePointer<UnsafeMutablePointer<TimerNode>?>?
  /// When it is due, in ticks of the wheel.
  var tick: UInt32
  var owner: Owner

  init(owner: Owner) {
    next = nil
    link = nil
    tick = 0
    self.owner = owner
  }

  var isLinked: Bool { link != nil }
}
