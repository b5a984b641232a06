/// Finds peers that are gone without a word: a ping after a silence, and an end when nothing answers it. RFC 6455
/// §5.5.2; any input counts as a pong. A value without clock or socket; all zero is a connection that has not been
/// pinged.
///
/// Its driver calls `judge` when the connection opens, and again at the time that it returns.
package struct WebSocketKeepAlive: BitwiseCopyable, Sendable {
  /// When the last ping went out: the low bits of the driver's milliseconds.
  package private(set) var pingedAt: UInt32 = 0
  /// A ping is out, and it is not known yet whether something has arrived since.
  private var isPinged = false

  /// What the driver does.
  package enum Action: Hashable, Sendable {
    /// Nothing; look again at that time.
    case wait(until: UInt64)
    /// Send a ping and look again at that time.
    case ping(next: UInt64)
    /// The peer is gone: reset the connection.
    case fail
  }

  package init() {}

  /// - Parameters:
  ///   - now: milliseconds.
  ///   - lastInput: when something arrived last, milliseconds; at first when the connection was opened.
  ///   - interval: silence after which a ping goes out, milliseconds, at least 1.
  ///   - pongTimeout: milliseconds.
  ///   - isPaused: nothing is read now, so an answer cannot be seen.
  package mutating func judge(
    now: UInt64, lastInput: UInt64, interval: UInt64, pongTimeout: UInt64, isPaused: Bool
  ) -> Action {
    if isPinged {
      // Input is never as young as the ping when that goes out, so the same millisecond is an answer.
      let isAnswered = Int32(bitPattern: UInt32(truncatingIfNeeded: lastInput) &- pingedAt) >= 0
      if !isAnswered {
        let waited = UInt64(UInt32(truncatingIfNeeded: now) &- pingedAt)
        if waited < pongTimeout { return .wait(until: now + pongTimeout - waited) }
        // The system notices a dead peer by the unsent ping.
        if !isPaused { return .fail }
      }
      isPinged = false
      if !isAnswered { return .wait(until: now + interval) }
    }
    let due = lastInput + interval
    if due > now { return .wait(until: due) }
    isPinged = true
    pingedAt = UInt32(truncatingIfNeeded: now)
    // The next ping may be due before the answer to this one.
    return .ping(next: now + min(pongTimeout, interval))
  }
}
