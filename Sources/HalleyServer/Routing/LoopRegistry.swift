import HalleyEventLoop
import Synchronization

/// The loops of a server, for those who need something from each of them. Any thread.
package final class LoopRegistry: Sendable {
  let census = AddressCensus()
  let output = OutputBudget()
  let failures = FailureLog()
  private let loops = Mutex<[(EventLoop, LoopBound<ServerLoop>)]>([])

  package init() {}

  func add(_ server: ServerLoop) -> LoopBound<ServerLoop> {
    let bound = LoopBound(server, loop: server.loop)
    let loop = server.loop
    loops.withLock { $0.append((loop, bound)) }
    return bound
  }

  /// Takes all out, so that nothing refers to a loop that has stopped.
  func removeAll() -> [(EventLoop, LoopBound<ServerLoop>)] {
    loops.withLock {
      let taken = $0
      $0 = []
      return taken
    }
  }

  /// Runs something on each loop, in no particular order; does not wait.
  func onEach(_ body: @escaping @Sendable (ServerLoop) -> Void) {
    for (loop, server) in loops.withLock({ $0 }) { loop.submit { body(server.value) } }
  }

  /// The sum of all gauges; a loop that ends meanwhile has none.
  package func report() async -> ServerReport {
    var sum = ServerReport()
    for (loop, server) in loops.withLock({ $0 }) {
      let report = try? await withCheckedThrowingContinuation { (next: CheckedContinuation<ServerReport, any Error>) in
        let answering = Answering(next)
        loop.submit { answering.answer(.success(server.value.report)) }
      }
      if let report { sum = sum + report }
    }
    return sum
  }
}
