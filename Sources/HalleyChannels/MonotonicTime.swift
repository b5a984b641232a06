internal import Glibc

/// Milliseconds of a clock that never goes back; the origin is arbitrary.
package typealias MillisecondClock = @Sendable () -> UInt64

/// The process's own monotonic clock.
package enum MonotonicTime {
  /// Milliseconds since the machine was started, sleep included. Read for every message: without the wide arithmetic of
  /// `Duration`, and no system call.
  package static let clock: MillisecondClock = {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1000 &+ UInt64(truncatingIfNeeded: time.tv_nsec) / 1_000_000
  }
}
