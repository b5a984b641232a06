internal import Synchronization

/// Whether a loop has to end a turn; set under the log's lock.
final class Wakening: Sendable {
  private let isSet = Atomic<Bool>(false)

  func wake() { isSet.store(true, ordering: .relaxed) }

  /// Whether it was set; it is not any more.
  func take() -> Bool { isSet.exchange(false, ordering: .relaxed) }
}
