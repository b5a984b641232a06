internal import CHalleyShims
internal import Glibc

/// Runs tasks and actors on a loop's thread. `Task(executorPreference: loop.executor) { … }` keeps a task and the nonisolated
/// async functions it calls on the loop; an actor may name it as its `unownedExecutor`.
///
/// Jobs run at the end of a turn, at most 256 each, so that sockets get their turn; or at once in `drain()`.
public final class LoopExecutor: TaskExecutor, SerialExecutor, @unchecked Sendable {
  // `state` and `jobs` are touched by the thread that owns the inbox, and by no other.
  private static let jobsPerTurn = 256

  let inbox: LoopInbox
  let jobs: UnsafeMutablePointer<JobRing>
  /// `nil` before the loop is set up and after its end.
  private var state: UnsafeMutablePointer<LoopState>?

  init(inbox: LoopInbox) {
    self.inbox = inbox
    jobs = .allocate(capacity: 1)
    jobs.initialize(to: JobRing())
  }

  deinit {
    jobs.pointee.deallocate()
    jobs.deallocate()
  }

  func attach(_ state: UnsafeMutablePointer<LoopState>) { self.state = state }
  func detach() { state = nil }

  /// Queues a job; called by the runtime on any thread.
  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if inbox.isOwner {
      jobs.pointee.push(job)
      // While a connection reads, the end of its read sees to it.
      if let state, state.pointee.reading == nil { state.pointee.wantTurnEnd() }
    } else if !inbox.post(job) {
      inbox.runLate(job) { runLate($0) }
    }
  }

  /// Runs a job, and what it enqueues, after the end of the loop.
  func runLate(_ job: UnownedJob) {
    push(job)
    while jobs.pointee.count > 0 { drain() }
  }

  func push(_ job: UnownedJob) { jobs.pointee.push(job) }

  /// Runs the jobs that are queued, at most 256, on the loop; for an async socket, right after it has resumed its handler.
  /// What is left runs at the end of the turn.
  public func drain() {
    var budget = Self.jobsPerTurn
    while budget > 0, let job = jobs.pointee.pop() {
      if let state { halley_pulse_next(state.pointee.pulse) }
      job.runSynchronously(on: asUnownedTaskExecutor())
      budget -= 1
    }
    if jobs.pointee.count > 0, let state { state.pointee.wantTurnEnd() }
  }

  /// Traps off the loop's thread; `assumeIsolated` of an actor on this executor asks here.
  public func checkIsolated() {
    precondition(inbox.isOwner, "not on the event loop's thread")
  }

  /// Whether the calling thread is the loop's.
  public func isIsolatingCurrentContext() -> Bool? { inbox.isOwner }
}
