internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// The engine's own view of a connection: the slot itself, whatever its generation. One extension per aspect.
struct ConnectionSlot {
  let p: UnsafeMutablePointer<ConnectionState>

  @inline(__always) init(_ p: UnsafeMutablePointer<ConnectionState>) { self.p = p }

  var handle: Connection { Connection(p) }

  @inline(__always) func has(_ flags: ConnectionFlags) -> Bool { !p.pointee.flags.isDisjoint(with: flags) }

  @inline(__always) func drive<R>(_ body: (ConnectionDriver) -> R) -> R {
    // A slot in use has a driver, and the slot holds it: neither is counted here.
    p.pointee.driver.unsafelyUnwrapped._withUnsafeGuaranteedRef(body)
  }

  func setObject(_ object: AnyObject?) {
    let old = p.pointee.object
    p.pointee.object = object.map { Unmanaged.passRetained($0) }
    old?.release()
  }

  /// Sees to the connection at the end of this turn.
  func touch() {
    if has(.dirty) { return }
    p.pointee.flags.insert(.dirty)
    let loop = p.pointee.loop
    p.pointee.next = nil
    if let last = loop.pointee.dirtyLast { last.pointee.next = p } else { loop.pointee.dirtyFirst = p }
    loop.pointee.dirtyLast = p
    loop.pointee.wantTurnEnd()
  }

  /// The end of the turn for this connection.
  func settle() {
    if has(.overflowed) { reportOverflow() }
    if has(.broken) { salvageInput() }
    if has(.offering) { offerKept() }
    if has(.queued), !has([.blocked, .closing]) { flush() }
    if has(.finishing), !has([.queued, .lingering, .closing]) { beginLingering() }
    if has(.closing) {
      // Touched again just now: then it is on the list, and must still exist when its turn comes.
      if !has(.dirty) { end() }
    } else {
      updateInterest()
      armStall()
    }
  }

  /// Starts to watch for input; `false` when libevent refuses the socket.
  func watch() -> Bool {
    event_assign(
      &p.pointee.event, p.pointee.loop.pointee.base, p.pointee.fd, Int16(EV_READ | EV_PERSIST), connectionEvent, p)
    guard event_add(&p.pointee.event, nil) == 0 else { return false }
    p.pointee.flags.insert(.watchesInput)
    return true
  }

  /// Tells libevent what to watch, if that has changed. Rare, so that one event per connection is enough.
  func updateInterest() {
    let wantsInput = !has(.peerEnded) && (has(.finishing) || !has(.paused))
    let wantsOutput = has(.blocked) && has(.queued)
    if wantsInput == has(.watchesInput), wantsOutput == has(.watchesOutput) { return }
    if has([.watchesInput, .watchesOutput]) { event_del(&p.pointee.event) }
    p.pointee.flags.remove([.watchesInput, .watchesOutput])
    if !wantsInput, !wantsOutput { return }
    let what = (wantsInput ? EV_READ : 0) | (wantsOutput ? EV_WRITE : 0) | EV_PERSIST
    event_assign(&p.pointee.event, p.pointee.loop.pointee.base, p.pointee.fd, Int16(what), connectionEvent, p)
    guard event_add(&p.pointee.event, nil) == 0 else { return close() }
    if wantsInput { p.pointee.flags.insert(.watchesInput) }
    if wantsOutput { p.pointee.flags.insert(.watchesOutput) }
  }
}

/// libevent's callback for every connection. Not a closure: one that is formed on the main actor would check for it.
func connectionEvent(_ fd: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
  let slot = ConnectionSlot(context.unsafelyUnwrapped.assumingMemoryBound(to: ConnectionState.self))
  let loop = slot.p.pointee.loop
  halley_pulse_begin(loop.pointee.pulse)
  loop.pointee.refreshNow()
  if what & Int16(EV_WRITE) != 0 { slot.writable() }
  if what & Int16(EV_READ) != 0 { slot.readable() }
  halley_pulse_end(loop.pointee.pulse)
}
