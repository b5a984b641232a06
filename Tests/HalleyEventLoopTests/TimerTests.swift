@testable import HalleyEventLoop
import Testing

@Suite struct TimerTests {
  @Test func timersFireInOrderAndOnce() throws {
    let bench = try LoopBench()
    var fired: [Int] = []
    let timers = [30_000, 10_000, 20_000].map { delay in
      let timer = LoopTimer(loop: bench.loop) { fired.append(delay) }
      timer.arm(afterMilliseconds: UInt64(delay))
      return timer
    }
    #expect(bench.loop.gauges.timers == 3)
    bench.loop.skip(milliseconds: 9_000)
    bench.settle()
    #expect(fired.isEmpty)
    bench.loop.skip(milliseconds: 12_000)
    bench.settle()
    #expect(fired == [10_000, 20_000] && timers[0].isArmed && !timers[1].isArmed)
    bench.loop.skip(milliseconds: 10_000)
    bench.settle()
    #expect(fired == [10_000, 20_000, 30_000])
    bench.finish()
  }

  @Test func cancelledAndMovedTimers() throws {
    let bench = try LoopBench()
    var fired = 0
    let timer = LoopTimer(loop: bench.loop) { fired += 1 }
    timer.arm(afterMilliseconds: 1000)
    timer.cancel()
    timer.cancel()
    bench.loop.skip(milliseconds: 2000)
    bench.settle()
    #expect(fired == 0 && bench.loop.gauges.timers == 0)
    timer.arm(afterMilliseconds: 1000)
    timer.arm(afterMilliseconds: 10_000)
    bench.loop.skip(milliseconds: 2000)
    bench.settle()
    #expect(fired == 0)
    timer.arm(afterMilliseconds: 100)
    bench.loop.skip(milliseconds: 200)
    bench.settle()
    #expect(fired == 1)
    bench.finish()
  }

  @Test func aTimerThatArmsItselfDoesNotKeepTheLoop() throws {
    let bench = try LoopBench()
    var fired = 0
    var timer: LoopTimer?
    timer = LoopTimer(loop: bench.loop) {
      fired += 1
      timer?.arm(afterMilliseconds: 0)
    }
    timer?.arm(afterMilliseconds: 0)
    for _ in 0..<100 where fired < 3 { bench.loop.turn(waits: true) }
    #expect(fired >= 3)
    timer = nil
    #expect(bench.loop.gauges.timers == 0)
    bench.finish()
  }

  @Test func waitsForRealTime() throws {
    let bench = try LoopBench()
    var fired = false
    let timer = LoopTimer(loop: bench.loop) { fired = true }
    let start = bench.loop.now
    timer.arm(afterMilliseconds: 40)
    var turns = 0
    while !fired, turns < 1000 {
      bench.loop.turn(waits: true)
      turns += 1
    }
    #expect(fired && bench.loop.now - start >= 40)
    // It sleeps until then and does not tick.
    #expect(turns < 20)
    bench.finish()
  }

  @Test func deadlineComesOnceAndCanBeMoved() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    let (connection, _) = try bench.connect(driver)
    let start = bench.loop.now
    connection.armDeadline(at: start + 1000)
    connection.armDeadline(at: start + 3000)
    #expect(bench.loop.gauges.timers == 1)
    bench.loop.skip(milliseconds: 2000)
    bench.settle()
    #expect(driver.deadlines == 0 && bench.loop.gauges.timers == 1)
    bench.loop.skip(milliseconds: 1500)
    bench.settle()
    #expect(driver.deadlines == 1 && bench.loop.gauges.timers == 0)
    connection.armDeadline(at: bench.loop.now + 5000)
    connection.armDeadline(at: bench.loop.now + 1000)
    bench.loop.skip(milliseconds: 1500)
    bench.settle()
    #expect(driver.deadlines == 2)
    connection.armDeadline(at: bench.loop.now + 1000)
    connection.cancelDeadline()
    bench.loop.skip(milliseconds: 1500)
    bench.settle()
    #expect(driver.deadlines == 2 && bench.loop.gauges.timers == 0)
    bench.finish()
  }

  /// The process was stopped for a minute; meanwhile the peers have answered. They must not be judged before they are heard,
  /// even if there are more of them than one poll reports.
  @Test func pendingInputIsReadBeforeDeadlinesAreJudged() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    var silent = 0
    driver.onDeadline = { connection in
      if bench.loop.now - connection.lastInput > 10_000 { silent += 1 }
    }
    var peers: [Peer] = []
    for _ in 0..<200 {
      let (connection, peer) = try bench.connect(driver)
      connection.armDeadline(at: bench.loop.now + 10_000)
      peers.append(peer)
    }
    bench.settle()
    for peer in peers { peer.send([1]) }
    bench.loop.skip(milliseconds: 60_000)
    bench.turn(until: { driver.deadlines == 200 })
    #expect(silent == 0)
    bench.finish()
  }

  @Test func inputOfTheSameTurnMovesTheDeadline() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.onReceived = { connection, _, count in
      connection.armDeadline(at: bench.loop.now + 10_000)
      return count
    }
    let (connection, peer) = try bench.connect(driver)
    connection.armDeadline(at: bench.loop.now + 100)
    peer.send([1])
    bench.loop.skip(milliseconds: 200)
    bench.settle()
    #expect(driver.calls == 1 && driver.deadlines == 0)
    bench.finish()
  }
}
