/// A hierarchical timer wheel of intrusive nodes: arming and cancelling are O(1), and nothing is allocated.
///
/// The wheel knows no clock: the caller says how far time has come. Ticks are counted modulo 2³², so it never runs out.
/// Four levels of 64 lists reach 2²⁴ ticks ahead (74 hours at 16 ms); what lies further is looked at again then.
///
/// Driver's duties: after `nextTick` says so, call `pop(through:)` until it returns `nil`, and act on each node. A node may
/// be armed or cancelled between two pops. Nodes are the caller's; cancel one before its memory goes away.
struct TimerWheel: ~Copyable {
  typealias Node = UnsafeMutablePointer<TimerNode>

  private static let levels = 4
  private static let listCount = levels * 64

  /// 4 x 64 list heads, then the list of nodes that are due. On the heap because nodes point back into it.
  private let lists: UnsafeMutablePointer<Node?>
  /// One bit per list, so that empty ones cost nothing.
  private var occupied: InlineArray<4, UInt64> = .init(repeating: 0)
  /// Everything up to and including this tick has been taken off.
  private(set) var tick: UInt32
  /// Linked nodes.
  private(set) var count = 0

  init(tick: UInt32 = 0) {
    self.tick = tick
    lists = .allocate(capacity: Self.listCount + 1)
    lists.initialize(repeating: nil, count: Self.listCount + 1)
  }

  deinit { lists.deallocate() }

  /// Puts `node` on the wheel for `due`, or moves it there. What is due already comes with the next tick.
  /// At most 2³¹ - 1 ticks ahead.
  mutating func arm(_ node: Node, at due: UInt32) {
    if node.pointee.isLinked { unlink(node) }
    node.pointee.tick = Int32(bitPattern: due &- tick) > 0 ? due : tick &+ 1
    place(node)
  }

  /// Takes `node` off the wheel if it is on it.
  mutating func cancel(_ node: Node) {
    if node.pointee.isLinked { unlink(node) }
  }

  /// Takes everything off.
  mutating func removeAll() {
    for index in 0...Self.listCount {
      while let node = lists[index] { unlink(node) }
    }
  }

  /// The first tick at which `pop(through:)` has work to do: a node is due, or nodes of a coarse list must be spread over
  /// finer ones. `nil` when the wheel is empty. Never later than the first due node.
  var nextTick: UInt32? {
    if lists[Self.listCount] != nil { return tick }
    if count == 0 { return nil }
    var best = UInt32.max
    for level in 0..<Self.levels {
      let bits = occupied[level]
      if bits == 0 { continue }
      let shift = UInt32(6 * level)
      let block = tick >> shift
      // Bit k of the rotated word stands for the list of block + 1 + k.
      let by = UInt64((block &+ 1) & 63)
      let rotated = bits &>> by | bits &<< ((64 &- by) & 63)
      let ahead = UInt32(rotated.trailingZeroBitCount) &+ 1
      best = min(best, ((block &+ ahead) &<< shift) &- tick)
    }
    return tick &+ best
  }

  /// The next node that is due at `target` or before, taken off the wheel; `nil` once time has come to `target`.
  mutating func pop(through target: UInt32) -> Node? {
    while true {
      if let node = lists[Self.listCount] {
        unlink(node)
        return node
      }
      guard let next = nextTick, Int32(bitPattern: target &- next) >= 0 else {
        if Int32(bitPattern: target &- tick) > 0 { tick = target }
        return nil
      }
      tick = next
      for level in (1..<Self.levels).reversed() where next & (1 &<< UInt32(6 * level) &- 1) == 0 { spread(level) }
      collect()
    }
  }

  /// Moves the nodes of the block that begins now to finer lists.
  private mutating func spread(_ level: Int) {
    let index = level * 64 + Int((tick >> UInt32(6 * level)) & 63)
    var rest = detach(index)
    while let node = rest {
      rest = node.pointee.next
      count &-= 1
      place(node)
    }
  }

  /// Moves the nodes of the present tick to the list of due ones.
  private mutating func collect() {
    guard let first = detach(Int(tick & 63)) else { return }
    lists[Self.listCount] = first
    first.pointee.link = lists + Self.listCount
  }

  private mutating func detach(_ index: Int) -> Node? {
    let first = lists[index]
    lists[index] = nil
    occupied[index >> 6] &= ~(1 &<< UInt64(index & 63))
    return first
  }

  private mutating func place(_ node: Node) {
    let farthest: UInt32 = 1 << 24 - 1
    let distance = min(node.pointee.tick &- tick, farthest)
    let level = distance < 64 ? 0 : distance < 4096 ? 1 : distance < 262_144 ? 2 : 3
    let index = level * 64 + Int(((tick &+ distance) >> UInt32(6 * level)) & 63)
    let head = lists + index
    node.pointee.next = head.pointee
    node.pointee.link = head
    if let old = head.pointee { old.pointee.link = Self.nextField(of: node) }
    head.pointee = node
    occupied[level] |= 1 &<< UInt64(index & 63)
    count &+= 1
  }

  private mutating func unlink(_ node: Node) {
    guard let link = node.pointee.link else { return }
    let next = node.pointee.next
    link.pointee = next
    next?.pointee.link = link
    node.pointee.next = nil
    node.pointee.link = nil
    count &-= 1
    let index = link - lists
    if next == nil, index >= 0, index < Self.listCount {
      occupied[index >> 6] &= ~(1 &<< UInt64(index & 63))
    }
  }

  /// `next` is the node's first field.
  private static func nextField(of node: Node) -> UnsafeMutablePointer<Node?> {
    UnsafeMutableRawPointer(node).assumingMemoryBound(to: Node?.self)
  }
}
