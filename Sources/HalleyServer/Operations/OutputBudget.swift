import Synchronization

/// What waits for slow clients on all loops of a server together, against `queue.total`. Any thread.
final class OutputBudget: Sendable {
  private let queued = Atomic<Int>(0)
  /// A quarter of the memory, for those who set no limit.
  private let builtIn = max(16 << 20, ProcessMemory.available() / 4)

  /// The last sum of what the loops have told, bytes. Each tells it in steps, so it is coarse.
  var total: Int { queued.load(ordering: .relaxed) }

  /// A loop holds so much more than when it told last.
  func add(_ bytes: Int) { queued.add(bytes, ordering: .relaxed) }

  /// - Parameter configured: `queue.total`; 0 is a quarter of the memory.
  func limit(_ configured: Int) -> Int { configured > 0 ? configured : builtIn }
}
