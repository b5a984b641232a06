/// Milliseconds of a clock that never goes back; the origin is arbitrary.
package typealias MillisecondClock = @Sendable () -> UInt64

/// The process's own monotonic clock.
package enum MonotonicTime {
  private static let origin = ContinuousClock.now

  /// Milliseconds since the first call in this process.
  package static let clock: MillisecondClock = { UInt64(clamping: (ContinuousClock.now - origin).wholeMilliseconds) }
}
