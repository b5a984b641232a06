import Synchronization

/// Somebody who waits for a job on a loop. A loop that ends drops the jobs that come too late, and whoever waited for
/// one of them learns it here: dropping the last reference resumes with `CancellationError`.
final class Answering<Value: Sendable>: Sendable {
  private let waiting: Mutex<CheckedContinuation<Value, any Error>?>

  init(_ continuation: CheckedContinuation<Value, any Error>) { waiting = Mutex(continuation) }

  deinit { answer(.failure(CancellationError())) }

  /// Resumes the one who waits; later calls do nothing.
  func answer(_ result: Result<Value, any Error>) {
    let continuation = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting
    }
    continuation?.resume(with: result)
  }
}
