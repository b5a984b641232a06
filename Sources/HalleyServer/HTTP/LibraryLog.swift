internal import CHalleyShims
internal import Synchronization

/// Where libevent's own messages go. They concern the whole process, which may use libevent elsewhere too, so this is a
/// choice of the program's, not of a carrier's.
package enum LibraryLog {
  /// How bad it is, in libevent's words.
  package enum Severity: Int32, Sendable {
    case debug, message, warning, error
  }

  private static let destination = Mutex<(@Sendable (Severity, String) -> Void)?>(nil)

  /// Sends libevent's messages to `log`, from any thread; nil restores standard error.
  ///
  /// When libevent finds its own state broken it ends the process; the message before that comes here too. Nothing that
  /// a client sends leads there.
  package static func install(_ log: (@Sendable (Severity, String) -> Void)?) {
    destination.withLock { $0 = log }
    unsafe halley_log_to(log == nil ? nil : forward)
  }

  private static let forward: @convention(c) (Int32, UnsafePointer<CChar>) -> Void = { severity, message in
    let log = destination.withLock { $0 }
    log?(Severity(rawValue: severity) ?? .error, unsafe String(cString: message))
  }
}
