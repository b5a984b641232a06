import HalleyEventLoop
import Logging
import Synchronization
import Testing

@testable import HalleyServer

/// Collects what is logged.
private final class LogLines: Sendable {
  private let written = Mutex<[String]>([])
  var lines: [String] { written.withLock { $0 } }
  var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.written.withLock { $0.append("\(event.level) \(event.message)") } }
  }
}

@Suite("What is logged at most once a second")
struct FailureLogTests {
  @Test("Failures of a route: one line, then how many were left out; other routes are not kept quiet")
  func failures() {
    let now = Atomic<UInt64>(5_000)
    let clock: @Sendable () -> UInt64 = { now.load(ordering: .relaxed) }
    let failures = FailureLog(clock: clock)
    let log = LogLines()
    var made = 0
    func fail(_ place: UInt64) {
      failures.report(at: place, to: log.logger, "\(place) failed") {
        made += 1
        return [:]
      }
    }
    for _ in 0..<1_000 { fail(1) }
    fail(2)
    now.store(5_999, ordering: .relaxed)
    fail(1)
    now.store(6_000, ordering: .relaxed)
    fail(1)
    fail(2)
    #expect(
      log.lines == [
        "error 1 failed", "error 2 failed", "error 1 failed (and 1000 more of this route since the last line)",
        "error 2 failed",
      ])
    #expect(made == 4)
  }

  @Test("libevent's own messages")
  func library() throws {
    let log = LogLines()
    LibraryLog.install(log.logger)
    defer { LibraryLog.install(nil) }
    let loop = try EventLoop()
    // A turn inside a turn: libevent warns and does nothing.
    for _ in 0..<3 { loop.submit { loop.turn() } }
    loop.turn()
    #expect(log.lines.count == 1)
    #expect(
      log.lines.first?.hasPrefix("warning libevent: event_base_loop: reentrant invocation") == true, "\(log.lines)")
  }
}
