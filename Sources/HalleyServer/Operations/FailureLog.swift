import HalleyChannels
import HalleyEventLoop
import Logging
import Synchronization

/// What the log says about handlers that fail: for each route at most one line a second on all loops together, with the
/// number of those left out. A client can make a handler fail as often as it likes. Any thread.
final class FailureLog: Sendable {
  private let paces = Mutex<[UInt64: ReportPace]>([:])
  private let clock: MillisecondClock

  init(clock: @escaping MillisecondClock = MonotonicTime.clock) { self.clock = clock }

  /// A handler has failed.
  ///
  /// - Parameters:
  ///   - place: its route, as a loop's pulse says it.
  ///   - line: what has failed.
  ///   - metadata: made only if a line is written.
  func report(at place: UInt64, to logger: Logger, _ line: String, _ metadata: () -> Logger.Metadata) {
    let now = clock()
    guard let leftOut = paces.withLock({ $0[place, default: ReportPace()].tell(at: now) }) else { return }
    let others = leftOut > 0 ? " (and \(leftOut) more of this route since the last line)" : ""
    logger.error("\(line)\(others)", metadata: metadata())
  }
}
