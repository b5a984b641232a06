import HalleyEventLoop
import Testing

@Suite struct ExecutorTests {
  /// An actor that lives on a loop.
  actor Resident {
    private let executor: LoopExecutor
    private let loop: EventLoop
    private(set) var visits = 0

    init(loop: EventLoop) {
      self.loop = loop
      executor = loop.executor
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func visit() {
      loop.preconditionOnLoop()
      visits += 1
    }

    nonisolated func visitFromTheLoop() { assumeIsolated { $0.visit() } }
  }

  /// Lets a loop run on a thread of its own until the body is through.
  private func withRunningLoop(_ body: (EventLoop) async throws -> Void) async throws {
    let running = try RunningLoop()
    try await body(running.loop)
    running.finish()
    #expect(running.loop.gauges == LoopGauges())
  }

  @Test func aTaskStaysOnTheLoop() async throws {
    try await withRunningLoop { loop in
      let task = Task(executorPreference: loop.executor) {
        #expect(loop.isOnLoop)
        await Task.yield()
        #expect(loop.isOnLoop)
        await Self.nonisolatedWork(loop)
        try? await Task.sleep(for: .microseconds(1))
        #expect(loop.isOnLoop)
        return 1
      }
      #expect(await task.value == 1)
      #expect(!loop.isOnLoop)
    }
  }

  @concurrent private static func nonisolatedWork(_ loop: EventLoop) async {
    #expect(loop.isOnLoop)
    await Task.yield()
    #expect(loop.isOnLoop)
  }

  /// Between `handOver()` and `run()` the loop is nobody's: what its maker brings waits for the loop's thread.
  @Test func aLoopThatWasHandedOverIsNobodys() async throws {
    let loop = try EventLoop()
    #expect(loop.isOnLoop)
    loop.handOver()
    #expect(!loop.isOnLoop)
    let task = Task(executorPreference: loop.executor) { loop.isOnLoop }
    let thread = try WorkerThread { loop.run() }
    #expect(await task.value)
    loop.stop()
    thread.join()
  }

  @Test func anActorMayLiveOnTheLoop() async throws {
    try await withRunningLoop { loop in
      let resident = Resident(loop: loop)
      for _ in 0..<100 { await resident.visit() }
      await withCheckedContinuation { done in
        loop.submit {
          resident.visitFromTheLoop()
          done.resume()
        }
      }
      #expect(await resident.visits == 101)
    }
  }

  /// Tasks that yield without end leave sockets their turn.
  @Test func endlessTasksDoNotStarveSockets() async throws {
    let bench = try LoopBench()
    let goesOn = SharedCounter(1)
    let ended = SharedCounter()
    for _ in 0..<3 {
      Task(executorPreference: bench.loop.executor) {
        while goesOn.value > 0 { await Task.yield() }
        ended.add(1)
      }
    }
    let (_, peer) = try bench.connect(ScriptedDriver.echo())
    peer.send([1])
    bench.turn(until: { peer.read() == 1 })
    goesOn.add(-1)
    bench.turn(until: { ended.value == 3 })
    bench.finish()
  }

  /// `drain()` inside `received` runs the handler in the same call: its answer leaves with the cork.
  @Test func drainRunsTheHandlerInTheReadCallback() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, count in
      let value = bytes[0]
      Task(executorPreference: bench.loop.executor) { connection.write([value + 1].span.bytes) }
      bench.loop.executor.drain()
      return count
    }
    let (_, peer) = try bench.connect(driver)
    peer.send([1])
    bench.turn(until: { peer.read() == 1 })
    #expect(peer.received == [2])
    bench.finish()
  }

  /// A task that is suspended when its loop ends still comes to its end, on one thread at a time.
  @Test func tasksOutliveTheLoop() async throws {
    let (stream, pass) = AsyncStream<Int>.makeStream()
    let (started, start) = AsyncStream<Void>.makeStream()
    let tasks: [Task<Int, Never>]
    do {
      let bench = try LoopBench()
      tasks = (0..<4).map { _ in
        Task(executorPreference: bench.loop.executor) {
          start.yield()
          var sum = 0
          for await value in stream {
            sum += value
            if value == 0 { break }
          }
          return sum
        }
      }
      bench.settle()
      bench.finish()
    }
    for await _ in started { break }
    pass.finish()
    for task in tasks { #expect(await task.value == 0) }
  }
}
