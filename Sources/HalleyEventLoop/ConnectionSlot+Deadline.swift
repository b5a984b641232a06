extension ConnectionSlot {
  func armDeadline(_ milliseconds: UInt64) {
    p.pointee.deadline = milliseconds
    if milliseconds != 0 { armTimer(milliseconds) } else if p.pointee.queue == nil { cancelTimer() }
  }

  /// Puts the node on the wheel unless it is due earlier anyhow: then it is armed again when it comes.
  func armTimer(_ milliseconds: UInt64) {
    let tick = p.pointee.loop.pointee.tick(of: milliseconds)
    if p.pointee.timer.isLinked, Int32(bitPattern: tick &- p.pointee.timer.tick) >= 0 { return }
    p.pointee.loop.pointee.arm(&p.pointee.timer, at: tick)
  }

  func cancelTimer() {
    p.pointee.loop.pointee.cancel(&p.pointee.timer)
  }

  /// When a peer that takes no output is given up, or `nil`.
  private var stallDeadline: UInt64? {
    guard has(.blocked), let queue = p.pointee.queue else { return nil }
    let stall = drive { $0.writeStall }
    return stall == 0 ? nil : queue.pointee.progress &+ min(stall, 1 << 40)
  }

  func armStall() {
    if let due = stallDeadline { armTimer(due) }
  }

  /// The wheel says that something may be due.
  func timerCame() {
    let loop = p.pointee.loop
    if loop.pointee.isCatchingUp { catchUp() }
    if has(.closing) { return }
    let now = loop.pointee.now
    if has(.finishing) {
      if p.pointee.deadline <= now { return close(reset: has(.queued)) }
    } else if let due = stallDeadline, due <= now {
      return close(reset: true)
    } else if p.pointee.deadline != 0, p.pointee.deadline <= now {
      p.pointee.deadline = 0
      drive { $0.deadline(handle) }
    }
    if p.pointee.deadline != 0 { armTimer(p.pointee.deadline) }
    armStall()
  }

  /// The process was stopped: the peer may have answered long ago.
  private func catchUp() {
    if has(.blocked), has(.queued) { writable() }
    if !has(.paused) { readable() }
  }
}
