internal import CLibevent
internal import Glibc

extension ConnectionSlot {
  func close(reset: Bool = false) {
    if reset { p.pointee.flags.insert(.reset) }
    if has(.closing) { return }
    uncorkOwn()
    p.pointee.flags.insert(.closing)
    touch()
  }

  func closeAfterFlush(_ milliseconds: UInt64) {
    uncorkOwn()
    p.pointee.flags.insert(.finishing)
    p.pointee.deadline = p.pointee.loop.pointee.now &+ min(milliseconds, 1 << 40)
    armTimer(p.pointee.deadline)
    touch()
  }

  /// Flushed: nothing more comes from us. The peer reads everything, then the end; we wait for its end.
  func beginLingering() {
    dropInput()
    if has(.peerEnded) { return close() }
    p.pointee.flags.insert(.lingering)
    if shutdown(p.pointee.fd, Int32(SHUT_WR)) != 0 { close() }
  }

  /// Ends the connection and frees the slot. Only at the end of a turn, when no frame on the stack has it.
  func end() {
    if has([.watchesInput, .watchesOutput]) { event_del(&p.pointee.event) }
    p.pointee.flags.remove([.watchesInput, .watchesOutput])
    cancelTimer()
    p.pointee.group?._withUnsafeGuaranteedRef { $0.forget(self) }
    // A touch from `ended` must not link the slot again.
    p.pointee.flags.insert(.dirty)
    drive { $0.ended(handle) }
    abandon()
  }

  /// Closes the socket and frees the slot without a word to the driver.
  func abandon() {
    let loop = p.pointee.loop
    if has(.reset) {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(p.pointee.fd, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
    Glibc.close(p.pointee.fd)
    setObject(nil)
    dropInput()
    dropQueue()
    let driver = p.pointee.driver
    let generation = p.pointee.generation
    memset(p, 0, MemoryLayout<ConnectionState>.stride)
    p.pointee.loop = loop
    // From here on every handle says "not open".
    p.pointee.generation = generation &+ 1
    p.pointee.next = loop.pointee.free
    loop.pointee.free = p
    loop.pointee.gauges.connections &-= 1
    driver?.release()
  }
}
