/// How long a stream lives and how often it speaks: the next heartbeat, the rotation, and the size of its answer. A
/// value without clock or socket; 24 bytes, so that it fits a connection's slot.
package struct StreamLife: BitwiseCopyable, Sendable {
  /// Milliseconds of the driver's clock.
  private var openedAt: UInt64 = 0
  /// Per cent of the heartbeat interval that this stream uses, 90…100, so that streams do not beat together.
  private var pace: UInt8 = 100
  /// Per cent of `rotate`, 80…100.
  private var span: UInt8 = 100
  /// Bytes of body until the answer has reached its size; stays as it is where there is no such size.
  package private(set) var left = Int.max

  /// What to do when the deadline is reached.
  package enum Action: Hashable, Sendable {
    /// Look again at that time.
    case wait(until: UInt64)
    /// Send a heartbeat, and look again at that time.
    case beat(next: UInt64)
    /// Send the client away; it comes back with its cursor.
    case rotate
  }

  /// A stream that opens now.
  ///
  /// - Parameters:
  ///   - now: milliseconds.
  ///   - random: for pace and span.
  package init(openedAt now: UInt64, using random: inout some RandomNumberGenerator) {
    openedAt = now
    pace = .random(in: 90...100, using: &random)
    span = .random(in: 80...100, using: &random)
  }

  /// When to look next: at the next heartbeat or at the rotation, whichever comes first.
  ///
  /// - Parameters:
  ///   - lastOutput: when something was sent last, milliseconds.
  ///   - heartbeat: longest silence, milliseconds. Settings may change between two calls: each holds from the next
  ///     deadline on.
  ///   - rotate: longest life, milliseconds; 0 is no end.
  package func deadline(lastOutput: UInt64, heartbeat: Int, rotate: Int) -> UInt64 {
    min(lastOutput + interval(heartbeat), end(rotate))
  }

  /// What to do now; the parameters are those of ``deadline(lastOutput:heartbeat:rotate:)``.
  package func due(now: UInt64, lastOutput: UInt64, heartbeat: Int, rotate: Int) -> Action {
    if now >= end(rotate) { return .rotate }
    if now < lastOutput + interval(heartbeat) {
      return .wait(until: deadline(lastOutput: lastOutput, heartbeat: heartbeat, rotate: rotate))
    }
    return .beat(next: deadline(lastOutput: now, heartbeat: heartbeat, rotate: rotate))
  }

  private func interval(_ heartbeat: Int) -> UInt64 { UInt64(clamping: heartbeat) * UInt64(pace) / 100 }

  private func end(_ rotate: Int) -> UInt64 {
    rotate == 0 ? .max : openedAt + UInt64(clamping: rotate) * UInt64(span) / 100
  }

  /// Sets how much body may follow what the opening has said.
  package mutating func limit(to bytes: Int) { left = bytes }

  /// Counts body that is sent. Returns whether the answer has reached its size and ends.
  package mutating func charge(_ bytes: Int) -> Bool {
    left -= bytes
    return left <= 0
  }

  /// Takes back what was counted and is not sent.
  package mutating func refund(_ bytes: Int) { left += bytes }
}
