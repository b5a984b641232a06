import Glibc
import Synchronization
import Testing

@testable import HalleyEventLoop

@Suite struct LoopWatchdogTests {
  private final class Reports: Sendable {
    private let all = Mutex<[(loop: Int, hold: LoopHold)]>([])
    var list: [(loop: Int, hold: LoopHold)] { all.withLock { $0 } }
    func add(_ loop: Int, _ hold: LoopHold) { all.withLock { $0.append((loop, hold)) } }
  }

  /// Waits until a job submitted now has run.
  private func settle(_ loop: EventLoop) async {
    await withCheckedContinuation { next in loop.submit { next.resume() } }
  }

  @Test func aJobThatBlocksIsReportedOnceAndAnIdleLoopNever() async throws {
    let busy = try RunningLoop()
    let idle = try RunningLoop()
    let pulse = busy.loop.pulse
    // On a busy machine the watchdog may come late itself, and then says nothing or less.
    for _ in 0..<10 {
      let reports = Reports()
      let dog = try LoopWatchdog([idle.loop.pulse, pulse], limit: { 100 }, report: reports.add)
      usleep(100_000)
      busy.loop.submit {
        pulse.at(5)
        usleep(400_000)
      }
      await settle(busy.loop)
      for _ in 0..<20 where reports.list.isEmpty { usleep(10_000) }
      dog.stop()
      dog.stop()
      let list = reports.list
      #expect(list.allSatisfy { $0.loop == 1 })
      guard let first = list.first, first.hold.milliseconds >= 360 else { continue }
      #expect(list.count == 1)
      #expect(first.hold.place == 5 && first.hold.isOver && first.hold.count == 1)
      #expect(pulse.longest.load(ordering: .relaxed) >= first.hold.milliseconds)
      #expect(idle.loop.pulse.longest.load(ordering: .relaxed) == 0)
      busy.finish()
      idle.finish()
      return
    }
    Issue.record("no report of the right length")
  }

  @Test func callbacksOfEveryKindAreSeen() throws {
    let bench = try LoopBench()
    let pulse = bench.loop.pulse
    let beats = Mutex<[UInt64]>([])
    let look: @Sendable () -> Void = { beats.withLock { $0.append(pulse.reading.beat) } }
    let driver = ScriptedDriver()
    driver.onReceived = { _, _, count in
      look()
      return count
    }
    let (connection, peer) = try bench.connect(driver)
    driver.onDeadline = { _ in look() }
    let timer = LoopTimer(loop: bench.loop, look)
    final class Task: TurnTask {
      let body: () -> Void
      init(_ body: @escaping () -> Void) { self.body = body }
      override func turnEnded() { body() }
    }
    let task = Task(look)
    peer.send([1])
    bench.settle()
    bench.loop.atEndOfTurn(task)
    for _ in 0..<2 { bench.loop.submit(look) }
    timer.arm(afterMilliseconds: 100)
    connection.armDeadline(at: bench.loop.now + 100)
    bench.loop.skip(milliseconds: 1_000)
    bench.settle()
    let seen = beats.withLock { $0 }
    #expect(seen.count == 6)
    #expect(seen.allSatisfy { $0 % 2 == 1 }, "odd while a callback runs")
    #expect(Set(seen).count == 6, "each has a number of its own")
    #expect(pulse.reading.beat % 2 == 0 && pulse.reading.place == 0)
    bench.finish()
  }
}
