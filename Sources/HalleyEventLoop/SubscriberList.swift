/// The members of a broadcast group and this turn's run, in plain memory.
struct SubscriberList {
  private(set) var members: UnsafeMutablePointer<UnsafeMutablePointer<ConnectionState>>
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
  @inline(never) mutating func send(_ run: SharedBytes, now: UInt64) {
    let bytes = run.bytes
    let size = run.count
    if size == 0 { return }
    var fellBehind = 0
    var next = members
    let end = members + count
    while next != end {
      let slot = ConnectionSlot(next.pointee)
      next += 1
      if slot.has(.notCaughtUp) {
        if slot.broadcastWaits(run, size) { fellBehind &+= 1 }
        continue
      }
      let sent = ConnectionSlot.send(slot.p.pointee.fd, bytes, size)
      slot.p.pointee.lastOutput = now
      if sent != size, slot.broadcastFellShort(run, sent, size) { fellBehind &+= 1 }
    }
    laggards &+= fellBehind
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
    let bigger = UnsafeMutablePointer<UnsafeMutablePointer<ConnectionState>>.allocate(capacity: capacity * 2)
    bigger.moveInitialize(from: members, count: count)
    members.deallocate()
    members = bigger
    capacity *= 2
  }
}
