internal import CLibevent
internal import Glibc

extension EventLoop {
  /// Takes a connected socket over. It is made non-blocking and close-on-exec, with `TCP_NODELAY`.
  ///
  /// `driver.opened` is called first, then `driver.received` with `received`, if any, as if it had just been read; output of
  /// both leaves together behind `head`. Called inside some connection's `received`, the input is offered at the end of the turn.
  /// - Parameters:
  ///   - fd: belongs to the loop from now on, also when this fails.
  ///   - driver: kept alive by the connection.
  ///   - received: bytes that were read from the socket before.
  ///   - head: bytes that are written before any others, such as the response head of an upgrade.
  /// - Returns: the connection, or `nil` when the loop is over or libevent refuses the socket; `fd` is closed then.
  public func adopt(
    fd: Int32, driver: ConnectionDriver, received: UnsafeRawBufferPointer, head: UnsafeRawBufferPointer? = nil
  ) -> Connection? {
    preconditionOnLoop()
    guard isAccepting else {
      close(fd)
      return nil
    }
    prepare(fd)
    state.pointee.refreshNow()
    let p = state.pointee.takeSlot(state)
    p.pointee.fd = fd
    p.pointee.flags = [.inUse]
    p.pointee.driver = .passRetained(driver)
    p.pointee.lastInput = state.pointee.now
    p.pointee.lastOutput = state.pointee.now
    p.pointee.timer = TimerNode(owner: .connection)
    state.pointee.gauges.connections &+= 1
    let slot = ConnectionSlot(p)
    guard slot.watch() else {
      slot.abandon()
      return nil
    }
    open(slot, received, head)
    return Connection(p)
  }

  /// Calls `body` with every open connection; it may close and adopt.
  public func forEachConnection(_ body: (Connection) -> Void) {
    preconditionOnLoop()
    var index = 0
    // By index: slabs may be added meanwhile, but never go.
    while index < slabs.count {
      slabs[index].forEach { slot in if !slot.has(.closing) { body(slot.handle) } }
      index += 1
    }
  }

  private func prepare(_ fd: Int32) {
    let flags = fcntl(fd, F_GETFL)
    if flags & O_NONBLOCK == 0 { _ = fcntl(fd, F_SETFL, flags | O_NONBLOCK) }
    _ = fcntl(fd, F_SETFD, FD_CLOEXEC)
    // Fails on sockets that are not TCP, which have nothing to delay.
    var on: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private func open(_ slot: ConnectionSlot, _ received: UnsafeRawBufferPointer, _ head: UnsafeRawBufferPointer?) {
    // Without its head an answer is no answer: whatever of it waits is not to be dropped or overtaken.
    defer { if head != nil { slot.p.pointee.queue?.pointee.isFirstBegun = true } }
    let isNested = state.pointee.reading != nil
    if !isNested { state.pointee.reading = slot.p }
    if let head { slot.handle.write(head) }
    slot.drive { $0.opened(slot.handle) }
    if isNested || received.count > LoopState.inputCapacity || slot.has(.notReadable) {
      if !slot.has(.notOpen) { slot.preload(received) }
    } else if let from = received.baseAddress, received.count > 0 {
      memcpy(state.pointee.input, from, received.count)
      slot.feed(state.pointee.input, received.count)
      return
    }
    if !isNested {
      if state.pointee.corkCount != 0 { slot.uncork() }
      state.pointee.reading = nil
    }
  }
}
