import Synchronization

/// What the logs of all computed channels retain together. Clients choose the names of these channels, so limits for
/// each of them bound nothing. Any thread.
final class HistoryBudget: Sendable {
  /// What a message costs besides its payload: its object, its place in the log, its wire forms' heads.
  static let overhead = 256

  private let used = Atomic<Int>(0)
  private let most: Atomic<Int>
  private let isReclaiming = Atomic<Bool>(false)
  private let makeRoom = Mutex<(@Sendable (_ bytes: Int) -> Void)?>(nil)

  /// - Parameter limit: bytes.
  init(limit: Int) { most = Atomic(limit) }

  /// Bytes that may be retained.
  var limit: Int {
    get { most.load(ordering: .relaxed) }
    set { most.store(newValue, ordering: .relaxed) }
  }

  /// Bytes that are retained.
  var total: Int { used.load(ordering: .relaxed) }

  var isOver: Bool { total > limit }

  /// A log retains so many bytes more, or less.
  func add(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

  /// - Parameter makeRoom: gives so many bytes back.
  func onOverflow(_ makeRoom: @escaping @Sendable (_ bytes: Int) -> Void) {
    self.makeRoom.withLock { $0 = makeRoom }
  }

  /// Makes room, an eighth of the limit at a time, so that the search is paid for by as many new bytes. Called by whoever
  /// has added the last ones, without any lock; one caller at a time works, the others go on.
  func reclaim() {
    guard isOver, !isReclaiming.exchange(true, ordering: .acquiring) else { return }
    defer { isReclaiming.store(false, ordering: .releasing) }
    let most = limit
    makeRoom.withLock { $0 }?(total - (most - most / 8))
  }
}
