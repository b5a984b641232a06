import Synchronization

/// The settings of one route, replaceable while the server runs.
///
/// Read on a loop at deadlines and at the start of a connection, never per message, so the lock costs nothing that
/// matters.
package final class SettingsSource: Sendable {
  private let value: Mutex<Settings>

  package init(_ settings: Settings) { value = Mutex(settings) }

  /// The values in force now. Any thread.
  package var current: Settings { value.withLock { $0 } }

  /// Replaces them; the caller then tells every loop to look at its deadlines again.
  package func replace(_ settings: Settings) { value.withLock { $0 = settings } }
}
