import HalleyEventLoop

/// A loop on a thread of its own: a test's task must not block one of the few threads of the concurrent pool.
struct RunningLoop {
  let loop: EventLoop
  private let thread: WorkerThread

  init() throws {
    let loop = try EventLoop()
    self.loop = loop
    loop.handOver()
    thread = try WorkerThread { loop.run() }
  }

  /// Stops the loop and waits for its thread.
  func finish() {
    loop.stop()
    thread.join()
  }
}
