import HalleyEventLoop

/// Watches the clients of handlers that take their time: one that leaves cancels its handler's task. Confined to its
/// loop.
///
/// Watching costs system calls, so it begins only when a handler has not answered for a moment; nearly all have.
final class HandlerWatch {
  /// Handlers that have answered sooner are not watched, milliseconds.
  static let patience: UInt64 = 20

  /// One handler at work.
  final class Run {
    fileprivate var exchange: HTTPExchange?
    fileprivate var task: Task<Void, Never>?

    fileprivate init(_ exchange: HTTPExchange) { self.exchange = exchange }

    /// What will answer.
    func working(_ task: Task<Void, Never>) { if exchange != nil { self.task = task } }

    /// It has answered, or has given up.
    func over() {
      exchange = nil
      task = nil
    }

    fileprivate func watch() {
      exchange?.hold { [self] in
        task?.cancel()
        over()
      }
    }
  }

  private var fresh: [Run] = []
  private var timer: LoopTimer?

  init(loop: EventLoop) { timer = LoopTimer(loop: loop) { [unowned self] in patienceEnded() } }

  /// A handler starts.
  func begin(_ exchange: HTTPExchange) -> Run {
    let run = Run(exchange)
    if fresh.isEmpty { timer?.arm(afterMilliseconds: Self.patience) }
    fresh.append(run)
    return run
  }

  /// Those that began just now are watched too, a little earlier than need be.
  private func patienceEnded() {
    let runs = fresh
    fresh = []
    for run in runs { run.watch() }
  }
}
