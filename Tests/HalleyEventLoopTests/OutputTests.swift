@testable import HalleyEventLoop
import Testing

@Suite struct OutputTests {
  /// Writes to full sockets in every way there is; the reader gets all bytes once and in order.
  @Test(arguments: [1, 2, 3])
  func queueKeepsTheOrder(seed: UInt64) throws {
    let bench = try LoopBench()
    var random = SplitMix(state: seed)
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 64 << 20
    var expected: [UInt8] = []
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    func writeSomething(_ connection: Connection) {
      let size = Int(random.next() % [10, 200, 5000, 70_000][Int(random.next() % 4)])
      let bytes = pattern(size, seed: expected.count)
      expected += bytes
      switch random.next() % 3 {
      case 0: connection.write(bytes.span.bytes)
      case 1:
        if let room = connection.reserve(size) {
          for index in 0..<size { room[index] = bytes[index] }
          connection.commit(size)
        } else {
          connection.write(bytes.span.bytes)
        }
      default:
        let shared = SharedBytes(loop: bench.loop, copying: ([0] + bytes + [0]).span.bytes)
        connection.write(shared, from: 1, to: 1 + size)
        shared.release()
      }
    }
    driver.onReceived = { connection, _, count in
      for _ in 0..<5 { writeSomething(connection) }
      return count
    }
    for _ in 0..<120 {
      switch random.next() % 4 {
      case 0: peer.send([0])
      case 1: writeSomething(connection)
      case 2: peer.read(limit: Int(random.next() % 20_000))
      default: bench.loop.turn()
      }
    }
    bench.settle()
    #expect(bench.loop.gauges.queuedBytes == connection.queuedBytes)
    bench.turn(until: {
      peer.read()
      return peer.received.count >= expected.count && connection.queuedBytes == 0
    })
    #expect(isSame(peer.received, expected), "seed \(seed)")
    bench.settle()
    #expect(driver.drained > 0 && bench.loop.gauges.queuedBytes == 0 && bench.loop.gauges.sharedBuffers == 0)
    bench.finish()
  }

  @Test func bytesAreCountedExactly() throws {
    let bench = try LoopBench()
    let (connection, _) = try bench.connect(ScriptedDriver())
    connection.write(pattern(10).span.bytes)
    connection.write(pattern(7).span.bytes)
    #expect(connection.queuedBytes == 17 && bench.loop.gauges.queuedBytes == 17)
    bench.loop.turn()
    #expect(connection.queuedBytes == 0 && bench.loop.gauges.queuedBytes == 0)
    bench.finish()
  }

  @Test func hardLimitRefusesWholeWritesAndTellsOnce() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 1000
    driver.onOverflowed = { connection in
      connection.discardQueued()
      connection.write(octets(42).span.bytes)
    }
    let (connection, peer) = try bench.connect(driver)
    connection.write(pattern(1000).span.bytes)
    connection.write(octets(1).span.bytes)
    connection.write(octets(2).span.bytes)
    #expect(connection.queuedBytes == 1000 && driver.overflowed == 0)
    bench.loop.turn()
    #expect(driver.overflowed == 1 && connection.isOpen)
    bench.turn(until: { peer.read() > 0 })
    #expect(peer.received == [42])
    bench.finish()
  }

  @Test func hardLimitClosesUnlessTheDriverKnowsBetter() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 1000
    let (connection, _) = try bench.connect(driver)
    connection.write(pattern(1001).span.bytes)
    bench.turn(until: { driver.ended == 1 })
    #expect(!connection.isOpen)
    bench.finish()
  }

  @Test func urgentBytesGoBehindTheFrameThatIsBeingWritten() throws {
    let bench = try LoopBench()
    let (connection, peer) = try bench.connect(ScriptedDriver(), bufferBytes: 2048)
    let first = pattern(200_000)
    connection.write(first.span.bytes)
    bench.settle()
    #expect(connection.queuedBytes > 0 && connection.queuedBytes < first.count)
    let second = SharedBytes(loop: bench.loop, copying: pattern(3000).span.bytes)
    connection.write(second, from: 0, to: 3000)
    second.release()
    connection.writeFirst(octets(1, 2, 3).span.bytes)
    bench.turn(until: {
      peer.read()
      return peer.received.count == first.count + 3003
    })
    #expect(isSame(peer.received, first + [1, 2, 3] + pattern(3000)))
    bench.finish()
  }

  @Test func discardKeepsTheFrameThatIsBeingWritten() throws {
    let bench = try LoopBench()
    let (connection, peer) = try bench.connect(ScriptedDriver(), bufferBytes: 2048)
    let first = pattern(200_000)
    connection.write(first.span.bytes)
    bench.settle()
    let second = SharedBytes(loop: bench.loop, copying: pattern(3000).span.bytes)
    connection.write(second, from: 0, to: 3000)
    second.release()
    connection.discardQueued()
    connection.write(octets(9).span.bytes)
    bench.turn(until: {
      peer.read()
      return peer.received.count >= first.count + 1 && connection.queuedBytes == 0
    })
    bench.settle()
    peer.read()
    #expect(isSame(peer.received, first + [9]))
    bench.finish()
  }

  @Test func cursorOfOtherConnectionsRepliesStaysTheirs() throws {
    let bench = try LoopBench()
    var all: [Connection] = []
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, count in
      connection.write(octets(1).span.bytes)
      for other in all where other != connection { other.write(octets(bytes[0], 2).span.bytes) }
      connection.write(octets(3).span.bytes)
      return count
    }
    let (first, firstPeer) = try bench.connect(driver)
    let (second, secondPeer) = try bench.connect(driver)
    all = [first, second]
    firstPeer.send([7])
    bench.settle()
    firstPeer.read()
    secondPeer.read()
    #expect(firstPeer.received == [1, 3])
    #expect(secondPeer.received == [7, 2])
    bench.finish()
  }

  @Test func stalledPeerIsReset() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.writeStall = 5000
    let (connection, peer) = try bench.connect(driver, bufferBytes: 2048)
    connection.write(pattern(500_000).span.bytes)
    bench.settle()
    #expect(connection.isOpen && bench.loop.gauges.timers == 1)
    bench.loop.skip(milliseconds: 4000)
    bench.settle()
    #expect(connection.isOpen)
    // Progress starts the time anew.
    peer.read(limit: 20_000)
    bench.settle()
    bench.loop.skip(milliseconds: 4000)
    bench.settle()
    #expect(connection.isOpen)
    bench.loop.skip(milliseconds: 2000)
    bench.turn(until: { driver.ended == 1 })
    bench.finish()
  }
}
