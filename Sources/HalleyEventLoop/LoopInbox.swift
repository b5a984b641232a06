public import CHalleyShims
internal import CLibevent
internal import Glibc
public import Synchronization

/// What other threads bring to a loop, and whose thread the loop is on. Outlives the loop, since tasks may.
@usableFromInline final class LoopInbox: Sendable {
  typealias Job = @Sendable () -> Void

  private struct Contents {
    var jobs: [Job] = []
    var taskJobs: [UnownedJob] = []
    /// The bell has been rung, or the loop knows; one wake-up serves the whole batch.
    var isRung = false
    var isClosed = false
    /// A thread is running jobs that came after the end.
    var hasLateRunner = false
  }

  private let contents = Mutex(Contents())
  @usableFromInline let owner = Atomic<UInt>(UInt(halley_thread()))
  private let stopRequested = Atomic<Bool>(false)
  /// Readable when something has come; an eventfd.
  let bell: Int32

  init() throws(LoopError) {
    bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    if bell < 0 { throw .noWakeUp(code: errno) }
  }

  deinit { Glibc.close(bell) }

  /// The calling thread is the loop's. Inlined into other modules, with the shim that it calls: asked several times a
  /// message.
  @inlinable var isOwner: Bool { owner.load(ordering: .relaxed) == UInt(halley_thread()) }
  /// The calling thread becomes the loop's. It sees all that the one before did, up to its own `claim` or `disclaim`.
  func claim() { _ = owner.exchange(UInt(halley_thread()), ordering: .acquiringAndReleasing) }
  /// No other thread has the loop.
  var mayClaim: Bool { isOwner || owner.load(ordering: .relaxed) == 0 }
  /// What the last owner did is seen from here on, without becoming the owner.
  func seeLastOwner() { _ = owner.load(ordering: .acquiring) }
  /// The loop is nobody's: whatever comes, comes through the inbox.
  func disclaim() { _ = owner.exchange(0, ordering: .acquiringAndReleasing) }

  var isStopRequested: Bool { stopRequested.load(ordering: .acquiring) }
  func requestStop() {
    stopRequested.store(true, ordering: .releasing)
    ring()
  }

  func ring() {
    var one: UInt64 = 1
    _ = write(bell, &one, 8)
  }

  /// Empties the bell.
  func hush() {
    var count: UInt64 = 0
    _ = read(bell, &count, 8)
  }

  /// Adds a job; `false` when the loop is over.
  @discardableResult func post(_ job: @escaping Job) -> Bool {
    let (taken, first) = contents.withLock { contents in
      if contents.isClosed { return (false, false) }
      contents.jobs.append(job)
      defer { contents.isRung = true }
      return (true, !contents.isRung)
    }
    if first { ring() }
    return taken
  }

  /// Adds a task's job from another thread; `false` when the loop is over.
  func post(_ job: UnownedJob) -> Bool {
    let (taken, first) = contents.withLock { contents in
      if contents.isClosed { return (false, false) }
      contents.taskJobs.append(job)
      defer { contents.isRung = true }
      return (true, !contents.isRung)
    }
    if first { ring() }
    return taken
  }

  /// All that has come, in order; the arrays given are reused for what comes next.
  func take(_ jobs: inout [Job], _ taskJobs: inout [UnownedJob]) {
    jobs.removeAll(keepingCapacity: true)
    taskJobs.removeAll(keepingCapacity: true)
    contents.withLock { contents in
      swap(&contents.jobs, &jobs)
      swap(&contents.taskJobs, &taskJobs)
      contents.isRung = false
    }
  }

  /// No more jobs; the thread is the loop's no longer. Returns the tasks' jobs that were left.
  func close() -> [UnownedJob] {
    let left = contents.withLock { contents in
      contents.isClosed = true
      contents.jobs = []
      defer { contents.taskJobs = [] }
      return contents.taskJobs
    }
    disclaim()
    return left
  }

  /// Runs a task's job after the end of the loop. The task must finish, or it would leak; the loop's thread has gone, so the
  /// thread that brings the job takes its place. One at a time: nothing is ever run by two threads at once.
  func runLate(_ job: UnownedJob, _ run: (UnownedJob) -> Void) {
    let mine = contents.withLock { contents in
      contents.taskJobs.append(job)
      defer { contents.hasLateRunner = true }
      return !contents.hasLateRunner
    }
    if !mine { return }
    claim()
    while true {
      let batch = contents.withLock { contents in
        if contents.taskJobs.isEmpty {
          contents.hasLateRunner = false
          disclaim()
        }
        defer { contents.taskJobs = [] }
        return contents.taskJobs
      }
      if batch.isEmpty { return }
      for job in batch { run(job) }
    }
  }
}
