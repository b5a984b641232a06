internal import CHalleyShims
internal import Glibc

extension ConnectionSlot {
  /// Small slices are copied together up to this, which is cheaper than `sendmsg`; a bigger one is sent from where it is.
  private static var copiedSlice: Int { 16 << 10 }
  /// One flush gives the socket at most about this much, so that others get their turn.
  private static var flushBudget: Int { 1 << 20 }
  private static var noSignal: Int32 { Int32(MSG_NOSIGNAL) }

  /// How many bytes the socket took, or `-errno`.
  @inline(__always) static func send(_ fd: Int32, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    halley_send(fd, bytes, count, noSignal)
  }

  /// The call may succeed later: the result is no error of the connection.
  static func mayTryAgain(_ result: Int) -> Bool { result == Int(-EAGAIN) || result == Int(-EINTR) }

  // MARK: The cork

  /// Sends what the running `received` has corked.
  @inline(__always) func uncork() {
    let loop = p.pointee.loop
    let count = loop.pointee.corkCount
    loop.pointee.corkCount = 0
    if has([.queued, .broken, .closing]) { return uncorkSlowly(0, count) }
    let sent = Self.send(p.pointee.fd, loop.pointee.cork, count)
    p.pointee.lastOutput = loop.pointee.now
    if sent != count { uncorkSlowly(sent, count) }
  }

  @inline(never) private func uncorkSlowly(_ result: Int, _ count: Int) {
    let loop = p.pointee.loop
    if has(.broken) { return }
    if has(.closing) {
      if !has(.queued) { _ = Self.send(p.pointee.fd, loop.pointee.cork, count) }
      return
    }
    if !has(.queued) {
      if result < 0, !Self.mayTryAgain(result) { return fail() }
      p.pointee.flags.insert(.blocked)
    }
    let sent = max(result, 0)
    enqueue(copying: UnsafeRawBufferPointer(start: loop.pointee.cork + sent, count: count - sent), isBegun: sent > 0)
  }

  /// Sends this connection's cork, if it is the one that reads, so that what follows keeps the order.
  func uncorkOwn() {
    let loop = p.pointee.loop
    if loop.pointee.reading == p, loop.pointee.corkCount != 0 { uncork() }
  }

  // MARK: The queue

  /// A write that does not fit the cork, or is made outside the connection's own `received`.
  func writeElsewhere(_ bytes: UnsafeRawBufferPointer) {
    let loop = p.pointee.loop
    uncorkOwn()
    if loop.pointee.reading == p, bytes.count <= LoopState.corkCapacity, let from = bytes.baseAddress {
      memcpy(loop.pointee.cork, from, bytes.count)
      loop.pointee.corkCount = bytes.count
    } else {
      enqueue(copying: bytes)
    }
  }

  func writeFirst(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0, !has(.refusesOutput) else { return }
    if !has(.queued) { return handle.write(bytes) }
    guard admits(bytes.count), var queue = p.pointee.queue else { return }
    let shared = SharedBytes(loop: p.pointee.loop, capacity: bytes.count)
    shared.append(bytes)
    OutputQueue.insert(&queue, QueuedSlice(shared: shared, from: 0, end: UInt32(truncatingIfNeeded: bytes.count)))
    shared.release()
    p.pointee.queue = queue
    p.pointee.loop.pointee.gauges.queuedBytes &+= bytes.count
  }

  func discardQueued() {
    guard let queue = p.pointee.queue else { return }
    p.pointee.loop.pointee.gauges.queuedBytes &-= OutputQueue.removeNotBegun(queue)
    if queue.pointee.count == 0 { dropQueue() }
  }

  /// Queues a copy. Small copies share memory, so that a burst of them costs few allocations.
  func enqueue(copying bytes: UnsafeRawBufferPointer, isBegun: Bool = false) {
    guard bytes.count > 0, !has(.refusesOutput), isBegun || admits(bytes.count) else { return }
    if let queue = p.pointee.queue, OutputQueue.extendLast(queue, bytes) {
      p.pointee.loop.pointee.gauges.queuedBytes &+= bytes.count
      return
    }
    let room = p.pointee.queue == nil ? bytes.count : max(bytes.count, 4096)
    let shared = SharedBytes(loop: p.pointee.loop, capacity: room)
    shared.append(bytes)
    link(shared, 0, bytes.count, isBegun: isBegun)
    shared.release()
  }

  /// Queues a part of shared bytes. `isBegun`: its first bytes have left already, so that the rest must follow.
  @inline(never) func enqueue(_ shared: SharedBytes, _ from: Int, _ end: Int, isBegun: Bool = false) {
    // An empty slice would never leave the queue.
    guard from < end, !has(.refusesOutput), isBegun || admits(end - from) else { return }
    link(shared, from, end, isBegun: isBegun)
  }

  private func link(_ shared: SharedBytes, _ from: Int, _ end: Int, isBegun: Bool) {
    var queue = p.pointee.queue ?? OutputQueue.allocate(now: p.pointee.loop.pointee.now)
    if isBegun, queue.pointee.count == 0 { queue.pointee.isFirstBegun = true }
    OutputQueue.append(
      &queue, QueuedSlice(shared: shared, from: UInt32(truncatingIfNeeded: from), end: UInt32(truncatingIfNeeded: end)))
    p.pointee.queue = queue
    p.pointee.loop.pointee.gauges.queuedBytes &+= end &- from
    p.pointee.flags.insert(.queued)
    touch()
  }

  /// Whether the hard limit lets `count` more bytes in. If not, nothing more is taken until the driver has been told.
  private func admits(_ count: Int) -> Bool {
    let waiting = p.pointee.queue?.pointee.bytes ?? 0
    if count <= drive({ $0.hardQueueLimit }) &- waiting { return true }
    if p.pointee.loop.pointee.overflowing == p, count <= 4096 { return true }
    p.pointee.flags.insert(.overflowed)
    touch()
    return false
  }

  func reportOverflow() {
    p.pointee.flags.remove(.overflowed)
    if has(.closing) { return }
    let loop = p.pointee.loop
    loop.pointee.overflowing = p
    drive { $0.overflowed(handle) }
    loop.pointee.overflowing = nil
  }

  /// A broadcast that the socket has not taken whole. True when it is too large to wait: then nothing of it has left.
  @inline(never) func broadcastFellShort(_ run: SharedBytes, _ result: Int, _ end: Int) -> Bool {
    if result < 0, !Self.mayTryAgain(result) {
      fail()
      return false
    }
    p.pointee.flags.insert(.blocked)
    if result > 0 { p.pointee.lastOutput = p.pointee.loop.pointee.now }
    if result <= 0, lags(behind: run, end) { return true }
    enqueue(run, max(result, 0), end, isBegun: result > 0)
    return false
  }

  /// A broadcast behind output that waits. True when too much would wait: then nothing of it is queued.
  @inline(never) func broadcastWaits(_ run: SharedBytes, _ size: Int) -> Bool {
    if has(.refusesOutput) { return false }
    if lags(behind: run, size) { return true }
    enqueue(run, 0, size)
    return false
  }

  /// Whether a broadcast is too much for what waits already.
  private func lags(behind run: SharedBytes, _ size: Int) -> Bool {
    let (soft, most) = drive { ($0.softQueueLimit, $0.softQueueMessages) }
    if soft == .max { return false }
    let bytes = p.pointee.queue?.pointee.bytes ?? 0
    let messages = Int((p.pointee.queue?.pointee.messages ?? 0) &+ run.head.pointee.messages)
    if bytes &+ size <= soft, messages <= most, !has(.pressed) { return false }
    p.pointee.flags.insert(.lagging)
    return true
  }

  // MARK: Flushing

  func writable() {
    p.pointee.flags.remove(.blocked)
    if has(.queued) { flush() }
    touch()
  }

  /// Gives the socket what it takes.
  func flush() {
    sendQueued()
    if has(.lagging), !has(.refusesOutput), handle.queuedBytes < drive({ $0.lowQueueLimit }) {
      drive { $0.hasRoom(handle) }
    }
  }

  private func sendQueued() {
    let loop = p.pointee.loop
    var budget = Self.flushBudget
    while let queue = p.pointee.queue {
      if budget <= 0 { return p.pointee.flags.formUnion(.blocked) }
      let (start, count) = gather(queue)
      let sent = Self.send(p.pointee.fd, start, count)
      if sent < 0 {
        if Self.mayTryAgain(sent) { return p.pointee.flags.formUnion(.blocked) }
        return fail()
      }
      p.pointee.lastOutput = loop.pointee.now
      queue.pointee.progress = loop.pointee.now
      OutputQueue.remove(queue, sent)
      loop.pointee.gauges.queuedBytes &-= sent
      if queue.pointee.count == 0 { dropQueue() } else if sent < count { return p.pointee.flags.formUnion(.blocked) }
      budget -= sent
    }
    drive { $0.drained(handle) }
  }

  /// The next bytes to send: a slice where it is, or several small ones copied together in the cork, which is free outside
  /// of `received`.
  private func gather(_ queue: OutputQueue.Pointer) -> (UnsafeMutablePointer<UInt8>, Int) {
    let first = OutputQueue.slice(queue, 0).pointee
    let slices = Int(queue.pointee.count)
    if slices == 1 || first.count >= Self.copiedSlice { return (first.start, first.count) }
    let cork = p.pointee.loop.pointee.cork
    var total = 0
    for index in 0..<slices {
      let slice = OutputQueue.slice(queue, index).pointee
      if total + slice.count > LoopState.corkCapacity { break }
      memcpy(cork + total, slice.start, slice.count)
      total += slice.count
    }
    return (cork, total)
  }

  /// Drops all output.
  func dropQueue() {
    guard let queue = p.pointee.queue else { return }
    p.pointee.loop.pointee.gauges.queuedBytes &-= queue.pointee.bytes
    p.pointee.queue = nil
    p.pointee.flags.remove([.queued, .blocked, .pressed])
    OutputQueue.free(queue)
  }

  /// The socket takes no more for good.
  func fail() {
    if has(.broken) { return }
    p.pointee.flags.insert(.broken)
    dropQueue()
    touch()
  }
}
