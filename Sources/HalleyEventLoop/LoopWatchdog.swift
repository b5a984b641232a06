internal import CLibevent
internal import Glibc
internal import Synchronization

/// Watches loops from a thread of its own and reports callbacks that hold them. It looks five times in the time that is
/// too long, and asks nothing of a loop that a callback or its poll has.
package final class LoopWatchdog: Sendable {
  private let bell: Int32
  private let thread: WorkerThread
  private let isStopped = Atomic<Bool>(false)

  /// Starts watching.
  ///
  /// - Parameters:
  ///   - pulses: those of the loops.
  ///   - limit: how long a callback may hold its loop, milliseconds; 0 for no watching. Asked before each look.
  ///   - report: gets the number of the loop and what held it, at most once a second for each loop. On the watchdog's
  ///     thread.
  /// - Throws: `LoopError.noWakeUp` or `noThread` when descriptors or threads are short.
  package init(
    _ pulses: [LoopPulse], limit: @escaping @Sendable () -> Int, report: @escaping @Sendable (Int, LoopHold) -> Void
  ) throws(LoopError) {
    let bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    if bell < 0 { throw .noWakeUp(code: errno) }
    self.bell = bell
    do throws(LoopError) {
      thread = try WorkerThread { Self.watch(pulses, bell, limit, report) }
    } catch {
      Glibc.close(bell)
      throw error
    }
  }

  deinit { stop() }

  /// Ends the watching and waits for its thread. Any thread; more than once does no harm.
  package func stop() {
    if isStopped.exchange(true, ordering: .acquiringAndReleasing) { return }
    var one: UInt64 = 1
    _ = write(bell, &one, 8)
    thread.join()
    Glibc.close(bell)
  }

  private static func watch(
    _ pulses: [LoopPulse], _ bell: Int32, _ limit: () -> Int, _ report: (Int, LoopHold) -> Void
  ) {
    var observers = [HoldObserver](repeating: HoldObserver(), count: pulses.count)
    while true {
      let limit = UInt64(clamping: limit())
      // A limit that is switched on again is seen within a quarter of a second.
      let period = limit == 0 ? 250 : min(max(limit / 5, 2), 250)
      var wait = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
      if poll(&wait, 1, Int32(truncatingIfNeeded: period)) > 0 { return }
      for (index, pulse) in pulses.enumerated() {
        var longest = pulse.longest.load(ordering: .relaxed)
        let hold = observers[index].look(
          pulse.reading, at: milliseconds(), period: period, limit: limit, longest: &longest)
        pulse.longest.store(longest, ordering: .relaxed)
        if let hold { report(index, hold) }
      }
    }
  }

  private static func milliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1000 &+ UInt64(truncatingIfNeeded: time.tv_nsec) / 1_000_000
  }
}
