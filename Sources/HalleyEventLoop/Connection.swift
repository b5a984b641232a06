/// A handle to a connection of a loop: trivial to copy, and it counts nothing. It may travel anywhere, but everything on it
/// is called on its loop. When the connection has ended the handle is stale: it says "not open", its writes go nowhere.
/// It must not be used after its loop has gone.
@frozen public struct Connection: Hashable, @unchecked Sendable {
  // Sendable although it points to loop-confined memory: only the loop's thread may follow the pointer.
  @usableFromInline let p: UnsafeMutablePointer<ConnectionState>
  @usableFromInline let generation: UInt32

  @inline(__always) init(_ p: UnsafeMutablePointer<ConnectionState>) {
    self.p = p
    generation = p.pointee.generation
  }

  /// Whether the connection exists and takes output: neither ended nor asked to close.
  @inlinable public var isOpen: Bool {
    p.pointee.generation == generation && p.pointee.flags.isDisjoint(with: .notOpen)
  }

  /// The slot, unless the handle is stale.
  var slot: ConnectionSlot? { p.pointee.generation == generation ? ConnectionSlot(p) : nil }
  /// The slot of an open connection.
  var openSlot: ConnectionSlot? { isOpen ? ConnectionSlot(p) : nil }

  /// The connection's loop.
  public var loop: EventLoop { p.pointee.loop.pointee.unowned.takeUnretainedValue() }
  /// The socket, or -1 when the connection has ended. It belongs to the loop.
  public var fd: Int32 { slot?.p.pointee.fd ?? -1 }
  /// The driver that was given to `adopt`, or `nil` when the connection has ended.
  public var driver: ConnectionDriver? { slot?.p.pointee.driver?.takeUnretainedValue() }

  /// The peer's numeric address without the port, or empty when it has gone. A system call.
  public var peerAddress: String { slot.map { SocketAddress.peer(of: $0.p.pointee.fd) } ?? "" }

  // MARK: Output

  /// Writes bytes. In the connection's own `received` they go to the loop's cork, which leaves with one send when that
  /// returns; elsewhere they are queued and leave at the end of the turn. Dropped when the connection is not open.
  ///
  /// Each call writes whole frames: what is queued is dropped and overtaken only between calls.
  @inlinable public func write(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { write($0) }
  }

  /// The same from a buffer.
  @inlinable public func write(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    if let to = reserve(bytes.count) {
      UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: bytes.count)
      commit(bytes.count)
    } else {
      writeElsewhere(bytes)
    }
  }

  /// Room for `count` bytes in the loop's cork, to be followed by `commit`. `nil` outside the connection's own `received`, or
  /// when the cork (64 KiB) has no room: then use `write`.
  @inlinable @inline(__always) public func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
    let loop = p.pointee.loop
    let at = loop.pointee.corkCount
    guard UInt(bitPattern: loop.pointee.reading) == UInt(bitPattern: p), isOpen, count <= LoopState.corkCapacity &- at
    else { return nil }
    return loop.pointee.cork + at
  }

  /// Keeps the first `count` bytes of what the last `reserve` has lent.
  @inlinable public func commit(_ count: Int) {
    p.pointee.loop.pointee.corkCount &+= count
  }

  @usableFromInline @inline(never) func writeElsewhere(_ bytes: UnsafeRawBufferPointer) {
    openSlot?.writeElsewhere(bytes)
  }

  /// Queues a part of shared bytes without copying it; it leaves at the end of the turn.
  public func write(_ shared: SharedBytes, from: Int, to end: Int) {
    precondition(from >= 0 && from <= end && end <= shared.count, "not a part of the shared bytes")
    guard from < end, let slot = openSlot else { return }
    slot.uncorkOwn()
    slot.enqueue(shared, from, end)
  }

  /// Queues bytes before everything that has not begun to leave, for instance a pong; in the own `received` they are
  /// corked like any others. Counts against the hard limit like any others.
  public func writeFirst(_ bytes: RawSpan) {
    guard let slot = openSlot else { return }
    bytes.withUnsafeBytes { slot.writeFirst($0) }
  }

  /// Drops all queued output except what a frame that is being written needs. Does not touch the cork.
  public func discardQueued() { openSlot?.discardQueued() }

  /// Asks for the driver's `hasRoom` whenever output has left and little is waiting, until the connection joins a group.
  public func awaitRoom() { openSlot?.p.pointee.flags.insert(.lagging) }

  /// Lets the connection lag at its group's next broadcast unless its output has left by then, whatever its driver's soft
  /// limits are. False when it gets no broadcasts anyway: it lags already, or was paused before.
  public func pauseBroadcasts() -> Bool {
    guard let slot = openSlot, slot.p.pointee.group != nil, slot.has(.queued), !slot.has(.pressed) else { return false }
    slot.p.pointee.flags.insert(.pressed)
    return true
  }

  /// Output bytes that wait for the socket, without the cork.
  public var queuedBytes: Int { slot?.p.pointee.queue?.pointee.bytes ?? 0 }

  // MARK: Input

  /// Stops reading, to hold back a peer that sends faster than it is served. What is unused is kept.
  public func pauseReading() { openSlot?.pauseReading() }

  /// Reads again. Kept bytes are offered again at the end of the turn, before new ones. No wake-up is lost.
  public func resumeReading() { openSlot?.resumeReading() }

  /// When input last arrived, in loop milliseconds; the time of opening before that.
  @inlinable public var lastInput: UInt64 { p.pointee.lastInput }
  /// When output was last given to the socket, in loop milliseconds; the time of opening before that.
  @inlinable public var lastOutput: UInt64 { p.pointee.lastOutput }

  // MARK: Deadline

  /// Sets the connection's single deadline, in loop milliseconds (`EventLoop.now` plus something). Moving it to a later time
  /// only stores it. Comes at most one tick (16 ms) late.
  public func armDeadline(at milliseconds: UInt64) { openSlot?.armDeadline(milliseconds) }

  /// Takes the deadline back.
  public func cancelDeadline() { openSlot?.armDeadline(0) }

  // MARK: End

  /// Ends the connection at the end of the turn; what is queued is dropped, what is corked is tried once.
  public func close() { slot?.close() }

  /// Ends the connection with a reset at the end of the turn.
  public func reset() { slot?.close(reset: true) }

  /// Ends the connection in order: flushes, shuts down our side, then reads and drops input until the peer has ended too, so
  /// that no reset destroys what was sent last. From now on writes are dropped and no input is handed out.
  /// - Parameter milliseconds: after this time it is closed whatever has happened.
  public func closeAfterFlush(within milliseconds: UInt64) { openSlot?.closeAfterFlush(milliseconds) }

  // MARK: The driver's own

  /// The driver's own bytes in the slot, at most 64, zero when the connection opens. Reading and writing cost nothing.
  /// Valid until `ended` has returned; a stale handle finds zero and its changes are lost.
  @inlinable public subscript<S: BitwiseCopyable>(state type: S.Type) -> S {
    unsafeAddress { UnsafePointer(stateAddress(type)) }
    nonmutating unsafeMutableAddress { stateAddress(type) }
  }

  @inlinable func stateAddress<S: BitwiseCopyable>(_ type: S.Type) -> UnsafeMutablePointer<S> {
    precondition(MemoryLayout<S>.size <= 64 && MemoryLayout<S>.alignment <= 64, "a driver's state is at most 64 bytes")
    let address = p.pointee.generation == generation ? UnsafeMutableRawPointer(p) : staleState()
    return address.assumingMemoryBound(to: S.self)
  }

  @usableFromInline @inline(never) func staleState() -> UnsafeMutableRawPointer {
    p.pointee.loop.pointee.zeroedScratch()
  }

  /// An object of the driver's for this connection, retained until `ended` has returned; `nil` for idle ones.
  public var object: AnyObject? {
    get { slot?.p.pointee.object?.takeUnretainedValue() }
    nonmutating set { slot?.setObject(newValue) }
  }
}
