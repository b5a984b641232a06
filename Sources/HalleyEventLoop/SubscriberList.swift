/// The members of a broadcast group and this turn's run, in plain memory.
struct SubscriberList {
  typealias Members = UnsafeMutablePointer<UnsafeMutablePointer<ConnectionState>>

  private(set) var members: Members
  private(set) var count = 0
  private var capacity = 8
  /// What has been appended in this turn.
  var run: SharedBytes?
  /// Members that did not get the last runs, because too much waits for them.
  private(set) var laggards = 0

  init() { members = .allocate(capacity: capacity) }

  /// Lets all members go and frees the memory.
  mutating func free() {
    for index in 0..<count { members[index].pointee.group = nil }
    members.deallocate()
    run?.release()
  }

  mutating func append(_ slot: ConnectionSlot) {
    if count == capacity { grow() }
    members[count] = slot.p
    slot.p.pointee.groupIndex = UInt32(truncatingIfNeeded: count)
    count += 1
  }

  /// Removes a member; the last one takes its place.
  mutating func remove(_ slot: ConnectionSlot) {
    count -= 1
    let last = members[count]
    members[Int(slot.p.pointee.groupIndex)] = last
    last.pointee.groupIndex = slot.p.pointee.groupIndex
    slot.p.pointee.group = nil
  }

  /// One send per member that has caught up; the others queue a reference, or lag. Nothing here calls a driver, so the list stays as
  /// it is. No count, no allocation and no check of access per member.
  mutating func send(_ run: SharedBytes, now: UInt64) {
    let size = run.count
    if size == 0 { return }
    var fellBehind = 0
    var next = members
    let end = members + count
    while next != end {
      let (stopped, sent) = Self.sendWhole(run.bytes, size, to: next, end, now: now)
      if stopped == end { break }
      next = stopped + 1
      let slot = ConnectionSlot(stopped.pointee)
      let lags = sent.map { slot.broadcastFellShort(run, $0, size) } ?? slot.broadcastWaits(run, size)
      if lags { fellBehind &+= 1 }
    }
    laggards &+= fellBehind
  }

  /// Sends to members until one cannot get all at once: the innermost loop of a broadcast, fifteen instructions a
  /// member, because no call in it claims the registers.
  ///
  /// - Returns: the end, or the member that needs more care, with the result of its send; nil when output waits for it.
  @inline(never) private static func sendWhole(
    _ bytes: UnsafePointer<UInt8>, _ size: Int, to first: Members, _ end: Members, now: UInt64
  ) -> (Members, Int?) {
    var next = first
    while next != end {
      let slot = ConnectionSlot(next.pointee)
      if slot.has(.notCaughtUp) { return (next, nil) }
      let sent = ConnectionSlot.send(slot.p.pointee.fd, bytes, size)
      if sent != size { return (next, sent) }
      slot.p.pointee.lastOutput = now
      next += 1
    }
    return (end, nil)
  }

  /// Removes the members that lag and hands them to `body`, which may change other lists only.
  @inline(never) mutating func removeLaggards(_ body: (ConnectionSlot) -> Void) {
    laggards = 0
    // From the end, since the last member takes the place of one that goes.
    var index = count
    while index > 0 {
      index -= 1
      let slot = ConnectionSlot(members[index])
      guard slot.has(.lagging) else { continue }
      remove(slot)
      body(slot)
    }
  }

  private mutating func grow() {
    let bigger = Members.allocate(capacity: capacity * 2)
    bigger.moveInitialize(from: members, count: count)
    members.deallocate()
    members = bigger
    capacity *= 2
  }
}
