import HalleyEventLoop

/// Feeds a streamed answer from a task, one piece at a time. Confined to its loop.
final class BodyStream {
  private let exchange: HTTPExchange
  private let loop: EventLoop
  private var task: Task<Void, Never>?
  private var isGone = false

  init(exchange: HTTPExchange, loop: EventLoop) {
    self.exchange = exchange
    self.loop = loop
  }

  /// The peer has left: whoever writes learns it from the next `write`.
  func gone() {
    isGone = true
    task?.cancel()
  }

  func run(_ produce: @escaping @Sendable (BodyWriter) async throws -> Void, done: @escaping () -> Void) {
    let bound = LoopBound(self, loop: loop)
    let finished = LoopBound(done, loop: loop)
    let loop = loop
    let writer = BodyWriter { piece in
      try await withCheckedThrowingContinuation { (next: CheckedContinuation<Void, any Error>) in
        let answering = Answering(next)
        if loop.isOnLoop {
          bound.value.write(piece, answering)
        } else {
          loop.submit { bound.value.write(piece, answering) }
        }
      }
    }
    task = Task(executorPreference: loop.executor) {
      do {
        try await produce(writer)
        bound.value.exchange.end()
      } catch {
        // Half a body must not look like a whole one.
        bound.value.exchange.abort()
      }
      finished.value()
    }
  }

  private func write(_ piece: [UInt8], _ next: Answering<Void>) {
    if isGone || !exchange.isOpen { return next.answer(.failure(CancellationError())) }
    exchange.write(piece) { [self] in next.answer(isGone ? .failure(CancellationError()) : .success(())) }
  }
}
