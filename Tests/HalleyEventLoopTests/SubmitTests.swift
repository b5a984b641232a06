import HalleyEventLoop
import Synchronization
import Testing

/// What each of four threads has seen run.
private final class SeenJobs: Sendable {
  private let jobs = Mutex<[[Int]]>(Array(repeating: [], count: 4))

  var all: [[Int]] { jobs.withLock { $0 } }
  func add(_ thread: Int, _ index: Int) { jobs.withLock { $0[thread].append(index) } }
}

@Suite struct SubmitTests {
  @Test func jobsOfEachThreadKeepTheirOrder() async throws {
    let running = try RunningLoop()
    let loop = running.loop
    let seen = SeenJobs()
    await withTaskGroup { group in
      for thread in 0..<4 {
        group.addTask {
          for index in 0..<5000 {
            loop.submit {
              loop.preconditionOnLoop()
              seen.add(thread, index)
            }
          }
        }
      }
    }
    // The last job of all comes after theirs.
    await withCheckedContinuation { done in loop.submit { done.resume() } }
    running.finish()
    for thread in seen.all { #expect(thread == Array(0..<5000)) }
  }

  @Test func submittedOnTheLoopRunsLaterInOrder() throws {
    let bench = try LoopBench()
    let order = SeenJobs()
    bench.loop.submit {
      bench.loop.submit { order.add(0, 3) }
      order.add(0, 1)
    }
    bench.loop.submit { order.add(0, 2) }
    #expect(order.all[0].isEmpty)
    bench.turn(until: { order.all[0].count == 3 })
    #expect(order.all[0] == [1, 2, 3])
    bench.finish()
  }

  /// Jobs that submit jobs without end leave sockets their turn.
  @Test func endlessJobsDoNotStarveSockets() throws {
    let bench = try LoopBench()
    let goesOn = SharedCounter(1)
    @Sendable func again() {
      if goesOn.value > 0 { bench.loop.submit { again() } }
    }
    for _ in 0..<1000 { again() }
    let (_, peer) = try bench.connect(ScriptedDriver.echo())
    peer.send([1])
    bench.turn(until: { peer.read() == 1 })
    goesOn.add(-1)
    bench.finish()
  }

  @Test func turnTasksRunOncePerTurn() throws {
    final class Counting: TurnTask {
      var runs = 0
      var again: (() -> Void)?
      override func turnEnded() {
        runs += 1
        again?()
      }
    }
    let bench = try LoopBench()
    let task = Counting()
    bench.loop.atEndOfTurn(task)
    bench.loop.atEndOfTurn(task)
    bench.loop.turn()
    #expect(task.runs == 1)
    // One that asks for itself again and again does not keep the loop from its sockets.
    task.again = { bench.loop.atEndOfTurn(task) }
    bench.loop.atEndOfTurn(task)
    let (_, peer) = try bench.connect(ScriptedDriver.echo())
    peer.send([1])
    bench.turn(until: { peer.read() == 1 })
    task.again = nil
    bench.finish()
  }

  @Test func droppedAfterTheEnd() throws {
    let bench = try LoopBench()
    bench.finish()
    bench.loop.submit { Issue.record("a job ran after the end") }
    bench.loop.turn()
  }
}
