internal import CHalleyShims
internal import HalleyChannels
internal import HalleyEventLoop
package import Logging
internal import Synchronization

/// Where libevent's own messages go. They concern the whole process, which may use libevent elsewhere too, so this is
/// for the program that owns the process, not for a carrier or a server inside another program.
package enum LibraryLog {
  private struct Destination {
    var logger: Logger
    var pace = ReportPace()
  }

  private static let destination = Mutex<Destination?>(nil)

  /// Sends libevent's messages to a logger, from any thread; nil restores standard error. Before loops are started.
  ///
  /// Errors always come; of debug messages, notes and warnings at most one a second, with the number of those left out.
  /// When libevent finds its own state broken it ends the process; the message before that comes here too. Nothing that
  /// a client sends leads there.
  package static func install(_ logger: Logger?) {
    destination.withLock { $0 = logger.map { Destination(logger: $0) } }
    unsafe halley_log_to(logger == nil ? nil : forward)
  }

  private static let forward: @convention(c) (Int32, UnsafePointer<CChar>) -> Void = { severity, message in
    let level = level(severity)
    let told = destination.withLock { destination -> (Logger, leftOut: Int)? in
      guard let logger = destination?.logger else { return nil }
      if level == .critical { return (logger, 0) }
      return destination?.pace.tell(at: MonotonicTime.clock()).map { (logger, $0) }
    }
    guard let (logger, leftOut) = told else { return }
    let others = leftOut > 0 ? " (and \(leftOut) more messages since the last line)" : ""
    logger.log(level: level, "libevent: \(unsafe String(cString: message))\(others)")
  }

  private static func level(_ severity: Int32) -> Logger.Level {
    switch severity {
    case 0: .debug
    case 1: .info
    case 2: .warning
    default: .critical
    }
  }
}
