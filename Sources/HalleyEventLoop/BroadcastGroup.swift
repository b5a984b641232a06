internal import Glibc

/// The subscribers of one encoding on one loop. What is published in a turn is encoded once, back to back, into a run of
/// bytes; at the end of the turn each subscriber that has caught up gets the run with one send. There is no queue, no copy and
/// no count per subscriber; only one whose socket is full keeps a reference to the part that it still has to get. One for
/// whom more than its driver's soft limits would wait gets nothing more: it *lags*, and `takeLaggards` hands it out.
///
/// A connection is in at most one group, and leaves by itself when it ends. Loop-confined. Costs 8 bytes per subscriber.
public final class BroadcastGroup: TurnTask {
  /// In plain memory: no field of a class, whose access would be checked, on the way of a message.
  private let subscribers: UnsafeMutablePointer<SubscriberList>
  private let loop: EventLoop
  private let state: UnsafeMutablePointer<LoopState>

  /// How many connections are in the group.
  public var count: Int { subscribers.pointee.count }

  /// A group without subscribers.
  public init(loop: EventLoop) {
    self.loop = loop
    state = loop.state
    subscribers = .allocate(capacity: 1)
    subscribers.initialize(to: SubscriberList())
  }

  deinit {
    subscribers.pointee.free()
    subscribers.deallocate()
  }

  /// Adds a connection; it gets what is appended from now on. Leaves the group that it was in. Does nothing when it is not open.
  public func join(_ connection: Connection) {
    guard let slot = connection.openSlot else { return }
    if let group = slot.p.pointee.group {
      if group.toOpaque() == Unmanaged.passUnretained(self).toOpaque() { return }
      group.takeUnretainedValue().leave(connection)
    }
    // What was appended before is not for the newcomer.
    deliver()
    subscribers.pointee.append(slot)
    slot.p.pointee.flags.remove([.lagging, .pressed])
    slot.p.pointee.group = .passUnretained(self)
  }

  /// Removes a connection; it still gets what was appended before.
  public func leave(_ connection: Connection) {
    guard let slot = connection.slot, let group = slot.p.pointee.group,
      group.toOpaque() == Unmanaged.passUnretained(self).toOpaque()
    else { return }
    deliver()
    forget(slot)
  }

  /// Removes a connection that is in this group.
  func forget(_ slot: ConnectionSlot) { subscribers.pointee.remove(slot) }

  /// Whether bytes can be appended without sending what was appended before.
  public func hasRoom(for count: Int) -> Bool {
    guard let run = subscribers.pointee.run else { return true }
    return count <= run.capacity - run.count
  }

  /// Takes out those who did not get the runs delivered since the last call, because too much waits for them. Nothing of
  /// those runs is queued for them. Costs one comparison when nobody lags.
  public func takeLaggards() -> [Connection] {
    if subscribers.pointee.laggards == 0 { return [] }
    var all: [Connection] = []
    subscribers.pointee.removeLaggards { all.append($0.handle) }
    return all
  }

  /// Calls `body` with each subscriber. `body` must not change the group.
  public func forEach(_ body: (Connection) -> Void) {
    for index in 0..<count { body(Connection(subscribers.pointee.members[index])) }
  }

  /// Appends encoded bytes to this turn's run; whole frames only. Copied once. Dropped when nobody is in the group.
  public func append(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { source in
      guard count > 0, let from = source.baseAddress else { return }
      memcpy(room(source.count), from, source.count)
      used(source.count)
    }
  }

  /// Appends bytes that `fill` writes into the run itself; not called when nobody is in the group.
  /// - Parameters:
  ///   - count: the most bytes that `fill` writes, at most 1 GiB.
  ///   - fill: gets the room and returns how many bytes it has written.
  @inlinable public func append(count: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Int) {
    if self.count > 0 { used(min(max(fill(room(count)), 0), count)) }
  }

  /// Delivers this turn's run now. Otherwise it leaves at the end of the turn by itself.
  public func deliver() {
    guard let run = subscribers.pointee.run else { return }
    subscribers.pointee.run = nil
    // What the connection that reads has corked comes first.
    if let reading = state.pointee.reading { ConnectionSlot(reading).uncorkOwn() }
    subscribers.pointee.send(run, now: state.pointee.now)
    if !run.isShared, run.capacity == LoopState.runCapacity, state.pointee.spareRun == nil {
      run.putAside()
      state.pointee.spareRun = run
    } else {
      run.release()
    }
  }

  /// Delivers; called by the loop.
  override public func turnEnded() { deliver() }

  @usableFromInline func used(_ count: Int) {
    guard let run = subscribers.pointee.run else { return }
    run.extend(by: count)
    run.head.pointee.messages &+= 1
  }

  /// Room at the end of the run. A message that does not fit makes the run leave early.
  @usableFromInline func room(_ size: Int) -> UnsafeMutablePointer<UInt8> {
    if let run = subscribers.pointee.run {
      if size <= run.capacity - run.count { return run.bytes + run.count }
      deliver()
    }
    let fresh: SharedBytes
    if size <= LoopState.runCapacity, let spare = state.pointee.spareRun {
      state.pointee.spareRun = nil
      spare.takeUp()
      fresh = spare
    } else {
      fresh = SharedBytes(loop: state, capacity: max(size, LoopState.runCapacity))
    }
    subscribers.pointee.run = fresh
    loop.atEndOfTurn(self)
    return fresh.bytes
  }
}
