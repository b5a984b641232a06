internal import Glibc

/// A thread that runs one loop until it is stopped.
public final class WorkerThread: @unchecked Sendable {
  // Sendable because `handle` is written once, before the value is shared, and only `join` reads it.
  private var handle = pthread_t()

  /// Starts a thread.
  ///
  /// - Parameter body: makes or takes its loop, runs it and returns when it has been stopped.
  /// - Throws: `LoopError.noThread` when the system gives none.
  public init(_ body: @escaping @Sendable () -> Void) throws(LoopError) {
    let start = Unmanaged.passRetained(Start(body))
    let result = pthread_create(
      &handle, nil,
      { argument in
        // The retain of passRetained ends here.
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    if result != 0 {
      start.release()
      throw LoopError.noThread(code: result)
    }
  }

  /// Waits until the body has returned. Once.
  public func join() { pthread_join(handle, nil) }

  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
