@testable import HalleyEventLoop
import Testing

@Suite struct LifetimeTests {
  @Test func aSlotCostsWhatItShould() {
    #expect(MemoryLayout<ConnectionState>.stride <= 320)
    // The driver's bytes are found at the slot's address.
    #expect(MemoryLayout<ConnectionState>.offset(of: \.driverState) == 0)
    #expect(MemoryLayout<TimerNode>.offset(of: \.next) == 0)
    #expect(MemoryLayout<LoopTimer.Box>.offset(of: \.node) == 0)
  }

  @Test func staleHandlesDoNothing() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    let (old, oldPeer) = try bench.connect(driver)
    old[state: UInt64.self] = 77
    old.object = driver
    old.close()
    #expect(!old.isOpen)
    bench.turn(until: { driver.ended == 1 })
    // The slot is used again.
    let (new, newPeer) = try bench.connect(driver)
    #expect(new != old && new.p == old.p && new.isOpen && !old.isOpen)
    #expect(new[state: UInt64.self] == 0 && new.object == nil)
    old.write(octets(1).span.bytes)
    old.writeFirst(octets(1).span.bytes)
    old[state: UInt64.self] = 5
    old.object = driver
    old.armDeadline(at: 1)
    old.pauseReading()
    old.closeAfterFlush(within: 0)
    old.close()
    old.reset()
    #expect(old.queuedBytes == 0 && old.fd == -1 && old.driver == nil && old[state: UInt64.self] == 0)
    bench.settle()
    #expect(new.isOpen && new[state: UInt64.self] == 0 && new.object == nil)
    newPeer.read()
    #expect(newPeer.received.isEmpty && !newPeer.isAtEnd)
    oldPeer.read()
    #expect(oldPeer.isAtEnd)
    bench.finish()
  }

  @Test func endedIsToldOnceAndSeesTheState() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    var seen: UInt64 = 0
    driver.onEnded = { connection in
      seen = connection[state: UInt64.self]
      #expect(!connection.isOpen)
      connection.write(octets(1).span.bytes)
      connection.close()
      connection.closeAfterFlush(within: 5)
    }
    driver.onReceived = { connection, _, count in
      connection[state: UInt64.self] += 1
      connection.close()
      connection.close()
      return count
    }
    let (_, peer) = try bench.connect(driver)
    peer.send([1])
    peer.shutDownOutput()
    bench.turn(until: { driver.ended > 0 })
    bench.settle()
    #expect(driver.ended == 1 && seen == 1)
    bench.finish()
  }

  @Test func theObjectLivesAsLongAsTheConnection() throws {
    final class Big {}
    let bench = try LoopBench()
    weak var big: Big?
    let (connection, peer) = try bench.connect(ScriptedDriver())
    do {
      let made = Big()
      big = made
      connection.object = made
    }
    #expect(big != nil)
    peer.close()
    bench.turn(until: { big == nil })
    bench.finish()
  }

  /// Everything arrives, then the end in order, although the peer has sent what nobody has read.
  @Test(arguments: [false, true])
  func closeAfterFlushLosesNothing(insideRead: Bool) throws {
    let bench = try LoopBench()
    let answer = pattern(300_000)
    let driver = ScriptedDriver()
    let finish: (Connection) -> Void = { connection in
      connection.write(answer.span.bytes)
      connection.closeAfterFlush(within: 60_000)
      connection.write(octets(1, 2, 3).span.bytes)
      #expect(!connection.isOpen)
    }
    driver.onReceived = { connection, _, count in
      if insideRead { finish(connection) }
      return count
    }
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    if insideRead { peer.send([1]) } else { finish(connection) }
    bench.settle()
    peer.send(pattern(500))
    bench.settle()
    bench.turn(until: {
      peer.read()
      return peer.isAtEnd
    })
    #expect(isSame(peer.received, answer) && !peer.wasReset)
    // It waits for the peer's end, and drops what comes until then.
    let calls = driver.calls
    peer.send(pattern(500))
    bench.settle()
    #expect(driver.ended == 0 && driver.calls == calls)
    peer.close()
    bench.turn(until: { driver.ended == 1 })
    bench.finish()
  }

  @Test func closeAfterFlushEndsAtItsDeadline() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    let (connection, peer) = try bench.connect(driver)
    connection.write(octets(9).span.bytes)
    connection.closeAfterFlush(within: 1000)
    bench.settle()
    peer.read()
    #expect(peer.received == [9] && peer.isAtEnd && driver.ended == 0)
    bench.loop.skip(milliseconds: 1100)
    bench.turn(until: { driver.ended == 1 })
    #expect(driver.deadlines == 0)
    bench.finish()
  }

  @Test func closeAfterFlushToAPeerThatHasEndedItsSide() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 1 << 20
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    let answer = pattern(200_000)
    connection.write(answer.span.bytes)
    connection.closeAfterFlush(within: 60_000)
    bench.settle()
    peer.shutDownOutput()
    bench.turn(until: {
      peer.read()
      return driver.ended == 1
    })
    peer.read()
    #expect(isSame(peer.received, answer) && !peer.wasReset)
    bench.finish()
  }

  @Test func stopEndsEverythingFromAnotherThread() async throws {
    let running = try RunningLoop()
    let loop = running.loop
    let ended = SharedCounter()
    let fds: [Int32] = await withCheckedContinuation { made in
      loop.submit {
        let driver = ScriptedDriver()
        driver.onEnded = { _ in ended.add(1) }
        let fds = (0..<100).map { _ in
          var pair: [Int32] = [0, 0]
          #expect(makeSocketPair(&pair))
          let none = UnsafeRawBufferPointer(start: nil, count: 0)
          let connection = loop.adopt(fd: pair[0], driver: driver, received: none)
          connection?.armDeadline(at: loop.now + 100_000)
          return pair[1]
        }
        #expect(loop.gauges.connections == 100 && loop.gauges.timers == 100)
        made.resume(returning: fds)
      }
    }
    running.finish()
    #expect(ended.value == 100 && loop.gauges == LoopGauges())
    for fd in fds {
      let peer = Peer(fd: fd)
      peer.read()
      #expect(peer.isAtEnd)
    }
  }

  @Test func aLoopThatEndsTakesNoConnections() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    var pair: [Int32] = [0, 0]
    #expect(makeSocketPair(&pair))
    let peer = Peer(fd: pair[1])
    let end = pair[0]
    driver.onEnded = { _ in
      #expect(
        bench.loop.adopt(fd: end, driver: ConnectionDriver(), received: UnsafeRawBufferPointer(start: nil, count: 0))
          == nil)
    }
    _ = try bench.connect(driver)
    bench.finish()
    #expect(driver.ended == 1 && driver.opened == 1)
    peer.read()
    #expect(peer.isAtEnd)
  }
}
