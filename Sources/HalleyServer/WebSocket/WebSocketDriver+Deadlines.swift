package import HalleyEventLoop
internal import HalleyProtocols

extension WebSocketDriver {
  /// Arms the connection's deadline by the settings in force: at the start, and when they have changed.
  package final func rearm(_ connection: Connection) {
    guard WebSocketConnection(connection).isOpen else { return }
    judge(connection)
  }

  /// Does what is due and arms the next deadline.
  final func judge(_ connection: Connection) {
    let socket = WebSocketConnection(connection)
    // The peer has not answered our close frame in time; one that has not even taken it gets a reset.
    guard socket.isOpen else { return connection.queuedBytes > 0 ? connection.reset() : connection.close() }
    let now = connection.loop.now
    var next = keepAlive(connection, now)
    if socket.isOpen, let due = due(socket, now: now) { next = min(next, due) }
    if socket.isOpen, next < .max { connection.armDeadline(at: next) }
  }

  /// A ping after silence, and the end when nothing answers it. Returns when to look again.
  private func keepAlive(_ connection: Connection, _ now: UInt64) -> UInt64 {
    let slot = unsafe WebSocketSlot.of(connection)
    guard timing.ping > 0 else { return .max }
    let isPaused = unsafe slot.pointee.marks.contains(.paused)
    let interval = unsafe interval(slot)
    // Before the judgement forgets the last ping.
    let seenAt = lastSeen(connection)
    switch unsafe slot.pointee.keepAlive.judge(
      now: now, lastInput: connection.lastInput, interval: interval, pongTimeout: timing.pongTimeout,
      isPaused: isPaused)
    {
    case .wait(let time): return time
    case .ping(let next):
      unsafe slot.pointee.seenAt = seenAt
      sendPing(connection)
      return next
    case .fail:
      connection.reset()
      return .max
    }
  }

  private func interval(_ slot: UnsafeMutablePointer<WebSocketSlot>) -> UInt64 {
    unsafe max(1, timing.ping * UInt64(slot.pointee.pace) / 100)
  }

  private func sendPing(_ connection: Connection) {
    let counter = nextPing()
    let payload = (0..<8).map { UInt8(truncatingIfNeeded: counter >> UInt64(56 - 8 * $0)) }
    unsafe connection.write(WebSocketFrameEncoder.encode(0x80 | WebSocketOpcode.ping, payload).span.bytes)
  }

  /// Milliseconds until a connection has lived its share, 0.8 to 1.0, of `rotate`; 0 when it has.
  ///
  /// - Parameter rotate: the setting in force, milliseconds; not 0.
  final func lifeLeft(_ connection: Connection, now: UInt64, rotate: Int) -> UInt64 {
    let slot = unsafe WebSocketSlot.of(connection)
    let life = unsafe rotate * (Int(slot.pointee.pace) - 10) / 100
    let age = unsafe Int(UInt32(truncatingIfNeeded: now) &- slot.pointee.openedAt)
    return UInt64(max(0, life - age))
  }

  /// Milliseconds since the peer was sent anything but a ping, which browsers hide from their pages.
  final func silence(_ connection: Connection, now: UInt64) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: now) &- lastSeen(connection))
  }

  /// What has just been sent in the same turn as a ping counts.
  final func noteSeen(_ connection: Connection, now: UInt64) {
    unsafe WebSocketSlot.of(connection).pointee.seenAt = UInt32(truncatingIfNeeded: now)
  }

  private func lastSeen(_ connection: Connection) -> UInt32 {
    let slot = unsafe WebSocketSlot.of(connection)
    let output = UInt32(truncatingIfNeeded: connection.lastOutput)
    return unsafe output == slot.pointee.keepAlive.pingedAt ? slot.pointee.seenAt : output
  }

  /// Our close frame is out: its answer is due.
  final func awaitClose(_ connection: Connection) {
    closing(WebSocketConnection(connection))
    connection.armDeadline(at: connection.loop.now + timing.closeTimeout)
  }
}
