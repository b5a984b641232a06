/// A part of shared bytes that waits for a socket.
struct QueuedSlice {
  var shared: SharedBytes
  var from: UInt32
  var end: UInt32

  var count: Int { Int(end &- from) }
  /// Counted in full until the last byte has left.
  var messages: UInt32 { shared.head.pointee.messages }
  var start: UnsafeMutablePointer<UInt8> { shared.bytes + Int(from) }
}

/// A connection's output queue: this head, then a ring of slices in the same block of memory.
///
/// It exists only while output waits, so it is never empty between two calls. Callers keep to one convention: a slice ends
/// where a frame ends. Hence dropping or inserting whole slices never cuts a frame.
struct OutputQueue {
  typealias Pointer = UnsafeMutablePointer<OutputQueue>

  private(set) var head: UInt32
  private(set) var count: UInt32
  private var capacity: UInt32
  /// A part of the first slice is on its way: it must be finished.
  var isFirstBegun: Bool
  private(set) var bytes: Int
  /// Broadcast messages among the slices.
  private(set) var messages: UInt32
  /// When output last moved, or began to wait; loop milliseconds.
  var progress: UInt64

  static func allocate(now: UInt64, capacity: Int = 4) -> Pointer {
    let size = MemoryLayout<OutputQueue>.stride + capacity * MemoryLayout<QueuedSlice>.stride
    let queue = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16).bindMemory(
      to: OutputQueue.self, capacity: 1)
    queue.initialize(
      to: OutputQueue(
        head: 0, count: 0, capacity: UInt32(capacity), isFirstBegun: false, bytes: 0, messages: 0, progress: now))
    return queue
  }

  private static func slices(_ queue: Pointer) -> UnsafeMutablePointer<QueuedSlice> {
    (UnsafeMutableRawPointer(queue) + MemoryLayout<OutputQueue>.stride).assumingMemoryBound(to: QueuedSlice.self)
  }

  /// The slice at `index` from the front.
  static func slice(_ queue: Pointer, _ index: Int) -> UnsafeMutablePointer<QueuedSlice> {
    let place = (Int(queue.pointee.head) &+ index) & (Int(queue.pointee.capacity) &- 1)
    return slices(queue) + place
  }

  /// Adds a slice at the end and an owner to its bytes. May move the queue.
  static func append(_ queue: inout Pointer, _ slice: QueuedSlice) {
    if queue.pointee.count == queue.pointee.capacity { grow(&queue) }
    self.slice(queue, Int(queue.pointee.count)).initialize(to: slice)
    queue.pointee.count &+= 1
    queue.pointee.bytes &+= slice.count
    queue.pointee.messages &+= slice.messages
    slice.shared.retain()
  }

  /// Adds a slice before all that has not begun. May move the queue.
  static func insert(_ queue: inout Pointer, _ slice: QueuedSlice) {
    if queue.pointee.count == queue.pointee.capacity { grow(&queue) }
    queue.pointee.head = (queue.pointee.head &- 1) & (queue.pointee.capacity &- 1)
    if queue.pointee.isFirstBegun {
      self.slice(queue, 0).initialize(to: self.slice(queue, 1).pointee)
      self.slice(queue, 1).initialize(to: slice)
    } else {
      self.slice(queue, 0).initialize(to: slice)
    }
    queue.pointee.count &+= 1
    queue.pointee.bytes &+= slice.count
    queue.pointee.messages &+= slice.messages
    slice.shared.retain()
  }

  /// Copies `source` behind the last slice if its memory belongs to this queue alone and has room.
  static func extendLast(_ queue: Pointer, _ source: UnsafeRawBufferPointer) -> Bool {
    guard queue.pointee.count > 0 else { return false }
    let last = slice(queue, Int(queue.pointee.count) - 1)
    let shared = last.pointee.shared
    guard !shared.isShared, Int(last.pointee.end) == shared.count, source.count <= shared.capacity - shared.count else {
      return false
    }
    shared.append(source)
    last.pointee.end &+= UInt32(truncatingIfNeeded: source.count)
    queue.pointee.bytes &+= source.count
    return true
  }

  /// Takes `sent` bytes off the front.
  static func remove(_ queue: Pointer, _ sent: Int) {
    var left = sent
    queue.pointee.bytes &-= sent
    while left > 0, queue.pointee.count > 0 {
      let first = slice(queue, 0)
      let count = first.pointee.count
      if left < count {
        first.pointee.from &+= UInt32(truncatingIfNeeded: left)
        queue.pointee.isFirstBegun = true
        return
      }
      left &-= count
      removeFirst(queue)
      queue.pointee.isFirstBegun = false
    }
  }

  /// Drops every slice that has not begun; returns how many bytes that were.
  static func removeNotBegun(_ queue: Pointer) -> Int {
    let kept: UInt32 = queue.pointee.isFirstBegun ? 1 : 0
    var dropped = 0
    while queue.pointee.count > kept {
      let last = slice(queue, Int(queue.pointee.count) - 1)
      dropped &+= last.pointee.count
      queue.pointee.messages &-= last.pointee.messages
      last.pointee.shared.release()
      queue.pointee.count &-= 1
    }
    queue.pointee.bytes &-= dropped
    return dropped
  }

  /// Gives up all slices and the queue's memory.
  static func free(_ queue: Pointer) {
    while queue.pointee.count > 0 { removeFirst(queue) }
    queue.deallocate()
  }

  private static func removeFirst(_ queue: Pointer) {
    queue.pointee.messages &-= slice(queue, 0).pointee.messages
    slice(queue, 0).pointee.shared.release()
    queue.pointee.head = (queue.pointee.head &+ 1) & (queue.pointee.capacity &- 1)
    queue.pointee.count &-= 1
  }

  private static func grow(_ queue: inout Pointer) {
    let old = queue
    let bigger = allocate(now: old.pointee.progress, capacity: Int(old.pointee.capacity) * 2)
    for index in 0..<Int(old.pointee.count) { (slices(bigger) + index).initialize(to: slice(old, index).pointee) }
    bigger.pointee.count = old.pointee.count
    bigger.pointee.bytes = old.pointee.bytes
    bigger.pointee.messages = old.pointee.messages
    bigger.pointee.isFirstBegun = old.pointee.isFirstBegun
    old.deallocate()
    queue = bigger
  }
}
