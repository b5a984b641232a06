/// At most one line a second about one kind of thing, and how many were left out in between. Knows no clock.
package struct ReportPace: Sendable {
  /// Least time between two reports, milliseconds.
  package static let quiet: UInt64 = 1_000

  private var quietUntil: UInt64 = 0
  private var leftOut = 0

  /// Nothing has been reported.
  package init() {}

  /// Whether something may be told at a time, milliseconds.
  package func isOpen(at now: UInt64) -> Bool { now >= quietUntil }

  /// Something has happened. The next report waits for a second if this one is told.
  ///
  /// - Returns: how many have been left out since the last one that was told; nil when this one is left out too.
  package mutating func tell(at now: UInt64) -> Int? {
    guard isOpen(at: now) else {
      leftOut &+= 1
      return nil
    }
    quietUntil = now &+ Self.quiet
    defer { leftOut = 0 }
    return leftOut
  }
}
