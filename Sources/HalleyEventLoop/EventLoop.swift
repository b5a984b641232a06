internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// A libevent base on one thread, with connections, timers, broadcasts and an executor for tasks.
///
/// It belongs to the thread that made it, until `handOver()` and another one's `run()`. Everything is used on the loop's
/// thread, except `submit`, `stop`, `isOnLoop` and `executor`. Nothing is shared between loops. A loop holds about
/// 640 KiB and two descriptors.
///
/// A turn: all sockets that are ready; then timers, submitted jobs, `TurnTask`s and jobs of tasks; then connections with
/// queued output are flushed, each with one send, and closed ones end.
public final class EventLoop: @unchecked Sendable {
  // Confined: every property but `inbox` and `executor` is used by the thread that `inbox` names, which methods check.

  /// The event base, for code that adds events of its own on the loop's thread. Freed with the loop.
  public let base: OpaquePointer
  /// Runs tasks on the loop's thread.
  public let executor: LoopExecutor

  /// What a `LoopWatchdog` looks at.
  package let pulse = LoopPulse()

  let state: UnsafeMutablePointer<LoopState>
  @usableFromInline let inbox: LoopInbox
  var slabs: [ConnectionSlab] = []
  /// Listeners on this base, looked up when accepting fails.
  var listeners: [Listener] = []

  private let bellEvent: UnsafeMutablePointer<event>
  private var firstTask: TurnTask?
  private var lastTask: TurnTask?
  private var submitted: [LoopInbox.Job] = []
  private var submittedNext = 0
  private var arrived: [UnownedJob] = []
  private var isBellRung = false
  /// A change of the waiting output that is worth telling, bytes.
  private static let queuedStep = 64 << 10
  private var toldQueued = 0
  private var onQueued: (Int) -> Void = { _ in }
  private var isRunning = false
  private var isOver = false

  /// A loop with nothing on it.
  /// - Throws: `LoopError.noBase` or `noWakeUp` when descriptors or memory are short.
  public init() throws(LoopError) {
    let inbox = try LoopInbox()
    guard let config = event_config_new() else { throw .noBase }
    defer { event_config_free(config) }
    // One thread per base: no locks. The environment must not choose the kernel interface.
    let flags = EVENT_BASE_FLAG_NOLOCK.rawValue | EVENT_BASE_FLAG_IGNORE_ENV.rawValue
    guard event_config_set_flag(config, Int32(flags)) == 0, let base = event_base_new_with_config(config) else {
      throw .noBase
    }
    self.base = base
    self.inbox = inbox
    executor = LoopExecutor(inbox: inbox)
    state = .allocate(capacity: 1)
    bellEvent = .allocate(capacity: 1)
    bellEvent.initialize(to: event())
    state.initialize(
      to: LoopState(base: base, pulse: pulse.state, jobs: executor.jobs, unowned: .passUnretained(self)))
    state.pointee.refreshNow()
    state.pointee.epoch = state.pointee.now
    event_assign(&state.pointee.turnEnd, base, -1, 0, turnEndEvent, state)
    event_assign(&state.pointee.tick, base, -1, 0, tickEvent, state)
    event_assign(bellEvent, base, inbox.bell, Int16(EV_READ | EV_PERSIST), bellEventCallback, state)
    guard event_add(bellEvent, nil) == 0 else { throw .noWakeUp(code: errno) }
    executor.attach(state)
  }

  deinit {
    inbox.seeLastOwner()
    shutDown()
    event_del(bellEvent)
    event_del(&state.pointee.turnEnd)
    event_del(&state.pointee.tick)
    event_base_free(base)
    for slab in slabs { slab.first.deallocate() }
    state.pointee.spareRun?.discard()
    state.deinitialize(count: 1)
    state.deallocate()
    bellEvent.deallocate()
  }

  // MARK: Running

  /// Gives the loop up, on the thread that made it, so that another one can run it. Until that has begun the loop is
  /// nobody's and what is submitted waits. Without this, both threads would take the loop for theirs for a moment.
  public func handOver() {
    preconditionOnLoop()
    inbox.disclaim()
  }

  /// Runs until `stop()`; the calling thread becomes the loop's. Afterwards all connections have ended.
  /// SIGPIPE is blocked on the thread meanwhile; programs that are started from it inherit that.
  /// Traps when another thread has the loop: that one must call `handOver()` first.
  public func run() {
    precondition(!isRunning, "the loop runs already")
    precondition(inbox.mayClaim, "the loop belongs to another thread, which must call handOver() first")
    inbox.claim()
    LoopThread.enter(self)
    let pipe = PipeSignal()
    isRunning = true
    while !inbox.isStopRequested {
      if event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY) < 0 { break }
    }
    isRunning = false
    shutDown()
    pipe.restore()
    LoopThread.leave()
  }

  /// One poll and its turn, on the calling thread: for tests, which run a loop step by step.
  /// - Parameter waits: whether to block until something happens.
  package func turn(waits: Bool = false) {
    inbox.claim()
    LoopThread.enter(self)
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY | (waits ? 0 : EVLOOP_NONBLOCK))
    if inbox.isStopRequested { shutDown() }
    LoopThread.leave()
  }

  /// Ends the loop: `run` returns after all connections have ended. Any thread; more than once does no harm.
  public func stop() { inbox.requestStop() }

  /// Whether the calling thread is the loop's. Before `run` that is the thread that made it.
  @inlinable public var isOnLoop: Bool { inbox.isOwner }

  /// Traps off the loop's thread.
  public func preconditionOnLoop() { precondition(isOnLoop, "not on the event loop's thread") }

  /// Called at the end of a turn when the output that waits on all connections, in bytes, has changed by 64 KiB or more since
  /// the last call, or is zero again. On the loop.
  public func watchQueued(_ body: @escaping (Int) -> Void) { onQueued = body }

  /// Runs `job` on the loop, in the order of submission. Any thread. A batch costs one wake-up; jobs that come after the
  /// loop's end are dropped.
  public func submit(_ job: @escaping @Sendable () -> Void) { inbox.post(job) }

  /// Monotonic milliseconds, as coarse as the kernel's tick (1 to 4 ms).
  public var now: UInt64 {
    state.pointee.refreshNow()
    return state.pointee.now
  }

  /// Lets the loop's clock jump ahead, for tests of deadlines; to the loop it looks as if the process had been stopped.
  package func skip(milliseconds: UInt64) {
    state.pointee.skipped &+= milliseconds
    state.pointee.refreshNow()
    state.pointee.tickCame = true
    if !state.pointee.turnEndPending { state.pointee.wantTurnEndAfterPoll() }
  }

  /// Has `task.turnEnded()` called once at the end of this turn; kept alive until then.
  public func atEndOfTurn(_ task: TurnTask) {
    if task.isScheduled { return }
    task.isScheduled = true
    if let lastTask { lastTask.nextTask = task } else { firstTask = task }
    lastTask = task
    state.pointee.wantTurnEnd()
  }

  /// What the loop holds at this moment.
  public var gauges: LoopGauges { state.pointee.gauges }

  // MARK: The end of a turn

  /// What one turn does after its sockets. Whatever remains comes after the next poll, so that sockets are not starved.
  fileprivate func endTurn() {
    state.pointee.refreshNow()
    state.pointee.turnEndPending = true
    if inbox.isStopRequested, isRunning {
      event_base_loopbreak(base)
    }
    turnWheel()
    runSubmitted()
    // The second round is for tasks that the first has woken, such as a broadcast that a feed has filled.
    for _ in 0..<2 {
      runTasks()
      executor.drain()
    }
    settleConnections()
    tellQueued()
    state.pointee.turnEndPending = false
    let remains =
      firstTask != nil || state.pointee.dirtyFirst != nil || state.pointee.jobs.pointee.count > 0
      || submittedNext < submitted.count || isBellRung || state.pointee.tickCame
    if remains { state.pointee.wantTurnEndAfterPoll() }
  }

  /// Tells `onQueued` when what waits has changed by a step, or is nothing again.
  private func tellQueued() {
    let queued = state.pointee.gauges.queuedBytes
    if queued == toldQueued { return }
    guard queued == 0 || abs(queued - toldQueued) >= Self.queuedStep else { return }
    toldQueued = queued
    onQueued(queued)
  }

  fileprivate func bellRang() {
    inbox.hush()
    isBellRung = true
    state.pointee.wantTurnEnd()
  }

  private func turnWheel() {
    guard state.pointee.tickCame else { return }
    state.pointee.judgeLateness()
    // Bounded: popping stops at the present tick, and what is armed meanwhile is due after it.
    while let node = state.pointee.popTimer() {
      halley_pulse_next(state.pointee.pulse)
      switch node.pointee.owner {
      case .connection:
        let offset = MemoryLayout<ConnectionState>.offset(of: \.timer).unsafelyUnwrapped
        let slot = (UnsafeMutableRawPointer(node) - offset).assumingMemoryBound(to: ConnectionState.self)
        ConnectionSlot(slot).timerCame()
      case .timer:
        UnsafeMutableRawPointer(node).assumingMemoryBound(to: LoopTimer.Box.self).pointee.owner.takeUnretainedValue()
          .timerCame()
      }
    }
    state.pointee.tickCame = false
    state.pointee.rearmTick()
  }

  private func runSubmitted() {
    if submittedNext == submitted.count {
      guard isBellRung else { return }
      isBellRung = false
      inbox.take(&submitted, &arrived)
      submittedNext = 0
      for job in arrived { executor.push(job) }
    }
    var budget = 256
    while budget > 0, submittedNext < submitted.count {
      let job = submitted[submittedNext]
      submittedNext += 1
      budget -= 1
      halley_pulse_next(state.pointee.pulse)
      job()
    }
    if submittedNext == submitted.count {
      submitted.removeAll(keepingCapacity: submitted.count < 1024)
      submittedNext = 0
    }
  }

  private func runTasks() {
    var next = firstTask
    firstTask = nil
    lastTask = nil
    while let task = next {
      next = task.nextTask
      task.nextTask = nil
      task.isScheduled = false
      halley_pulse_next(state.pointee.pulse)
      task.turnEnded()
    }
  }

  private func settleConnections() {
    var next = state.pointee.dirtyFirst
    state.pointee.dirtyFirst = nil
    state.pointee.dirtyLast = nil
    while let p = next {
      next = p.pointee.next
      p.pointee.next = nil
      p.pointee.flags.remove(.dirty)
      halley_pulse_next(state.pointee.pulse)
      ConnectionSlot(p).settle()
    }
  }

  // MARK: The end of the loop

  /// Ends connections, clears timers and lets tasks finish. Bounded, whatever drivers and tasks do: a task that goes on and
  /// on although its connection has ended is left where it is.
  private func shutDown() {
    if isOver { return }
    isOver = true
    // Also in `deinit`, on whatever thread that is: nobody else has the loop then.
    inbox.claim()
    for listener in listeners { listener.close() }
    for _ in 0..<1000 {
      forEachConnection { $0.close() }
      isBellRung = true
      endTurn()
      let isQuiet = state.pointee.jobs.pointee.count == 0 && firstTask == nil && submittedNext == submitted.count
      if gauges.connections == 0, isQuiet { break }
    }
    state.pointee.wheel.removeAll()
    state.pointee.gauges.timers = 0
    event_del(&state.pointee.turnEnd)
    event_del(&state.pointee.tick)
    executor.detach()
    let left = inbox.close()
    for job in left { inbox.runLate(job) { executor.runLate($0) } }
  }

  /// Whether connections are still taken.
  var isAccepting: Bool { !isOver }
}

/// Tells the loop of the calling thread to finish its turn.
private func turnEndEvent(_ fd: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
  let state = context.unsafelyUnwrapped.assumingMemoryBound(to: LoopState.self)
  halley_pulse_begin(state.pointee.pulse)
  state.pointee.unowned._withUnsafeGuaranteedRef { $0.endTurn() }
  halley_pulse_end(state.pointee.pulse)
}

/// Timers are judged at the end of the turn, after the input of this poll.
private func tickEvent(_ fd: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
  let state = context.unsafelyUnwrapped.assumingMemoryBound(to: LoopState.self)
  state.pointee.tickCame = true
  state.pointee.wantTurnEnd()
}

private func bellEventCallback(_ fd: Int32, _ what: Int16, _ context: UnsafeMutableRawPointer?) {
  let state = context.unsafelyUnwrapped.assumingMemoryBound(to: LoopState.self)
  state.pointee.unowned._withUnsafeGuaranteedRef { $0.bellRang() }
}
