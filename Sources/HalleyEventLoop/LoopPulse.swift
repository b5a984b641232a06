internal import CHalleyShims
package import Synchronization

/// Tells other threads whether a loop is inside a callback, and which. The loop writes a few words for each callback
/// and job; it reads no clock for this.
package final class LoopPulse: @unchecked Sendable {
  // `state` is written by the loop's thread alone, as single words; others read it so.
  let state: UnsafeMutablePointer<halley_pulse>
  /// The longest that one callback has held the loop so far, milliseconds; 0 while none was reported.
  package let longest = Atomic<Int>(0)

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: halley_pulse())
  }

  deinit { state.deallocate() }

  /// For callbacks in C: a `halley_pulse *`, as long as this object lives.
  package var pointer: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) }

  /// Says what the callback that runs is about; forgotten when it ends. On the loop.
  /// - Parameter place: a number of the caller's own; 0 for nothing.
  package func at(_ place: UInt64) { halley_pulse_at(state, place) }

  /// Any thread.
  var reading: Reading {
    let seen = halley_pulse_read(state)
    return Reading(beat: seen.beat, place: seen.place)
  }

  /// What the loop says at one moment.
  struct Reading {
    /// Odd while a callback runs; each has its own.
    var beat: UInt64
    var place: UInt64
  }
}
