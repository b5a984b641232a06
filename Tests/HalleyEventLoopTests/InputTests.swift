@testable import HalleyEventLoop
import Testing

@Suite struct InputTests {
  @Test func partialInputIsKeptAndFreed() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver.messageEcho()
    let (_, peer) = try bench.connect(driver)
    peer.send([200] + pattern(50))
    bench.turn(until: { driver.calls == 1 })
    #expect((51...256).contains(bench.loop.gauges.ownInputBytes))
    peer.send(pattern(150, seed: 50))
    bench.turn(until: {
      peer.read()
      return peer.received.count == 201
    })
    #expect(isSame(peer.received, [200] + pattern(200)))
    #expect(bench.loop.gauges.ownInputBytes == 0)
    bench.finish()
  }

  /// Memory follows what has arrived, not what a length claims, and the whole message comes out of it unchanged.
  @Test(arguments: [1, 700, 16_384, 16_385, 100_000])
  func longMessageInPieces(piece: Int) throws {
    let bench = try LoopBench()
    let total = piece == 1 ? 3000 : 400_000
    let message = pattern(total)
    var whole: [UInt8] = []
    let driver = ScriptedDriver()
    driver.onReceived = { _, bytes, count in
      if count < total { return 0 }
      whole = Array(UnsafeBufferPointer(start: bytes, count: count))
      return count
    }
    let (_, peer) = try bench.connect(driver)
    var sent = 0
    while sent < total {
      sent += peer.sendSome(message[sent..<min(sent + piece, total)])
      bench.loop.turn()
      #expect(bench.loop.gauges.ownInputBytes <= max(64, sent * 2 + 2))
    }
    bench.turn(until: { !whole.isEmpty })
    #expect(isSame(whole, message))
    #expect(bench.loop.gauges.ownInputBytes == 0)
    bench.finish()
  }

  @Test func inputBeyondTheCapEndsTheConnection() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.maxInput = 1000
    driver.onReceived = { _, _, _ in 0 }
    let (connection, peer) = try bench.connect(driver)
    peer.send(pattern(1000))
    bench.settle()
    #expect(connection.isOpen)
    peer.send([1])
    bench.turn(until: { driver.ended == 1 })
    #expect(!connection.isOpen)
    bench.finish()
  }

  @Test func wordsAfterTheEndMayBeTouched() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.onReceived = { _, bytes, count in
      // What unmasking in words does: reads and writes back up to 8 bytes after the end.
      for offset in 0..<8 { bytes[count + offset] ^= 0 }
      return 0
    }
    let (_, peer) = try bench.connect(driver)
    for size in [1, 64, 16_400, 40_000] {
      peer.send(pattern(size))
      bench.settle()
    }
    bench.finish()
  }

  @Test func pausedInputWaitsAndIsOfferedAgain() throws {
    let bench = try LoopBench()
    var seen: [UInt8] = []
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, count in
      seen.append(bytes[0])
      connection.pauseReading()
      return 1
    }
    let (connection, peer) = try bench.connect(driver)
    peer.send([1, 2])
    bench.turn(until: { seen == [1] })
    peer.send([3])
    bench.settle()
    #expect(seen == [1])
    // Everything has been read already or waits in the socket: no further wake-up comes from the peer.
    for expected in [[1, 2], [1, 2, 3]] as [[UInt8]] {
      connection.resumeReading()
      bench.turn(until: { seen == expected })
      bench.settle()
      #expect(seen == expected)
    }
    bench.finish()
  }

  @Test func pauseAndResumeInOneCallLosesNothing() throws {
    let bench = try LoopBench()
    var seen: [UInt8] = []
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, _ in
      seen.append(bytes[0])
      connection.pauseReading()
      connection.resumeReading()
      return 1
    }
    let (_, peer) = try bench.connect(driver)
    peer.send([1, 2, 3])
    bench.turn(until: { seen == [1, 2, 3] })
    bench.finish()
  }

  @Test func pausedByAnotherConnectionInTheSameTurn() throws {
    let bench = try LoopBench()
    var all: [Connection] = []
    let driver = ScriptedDriver()
    driver.onReceived = { connection, _, count in
      for other in all where other != connection { other.pauseReading() }
      return count
    }
    let (first, firstPeer) = try bench.connect(driver)
    let (second, secondPeer) = try bench.connect(driver)
    all = [first, second]
    firstPeer.send([1])
    secondPeer.send([1])
    bench.settle()
    #expect(driver.calls == 1)
    all = []
    first.resumeReading()
    second.resumeReading()
    bench.turn(until: { driver.calls == 2 })
    bench.finish()
  }

  @Test func inputBeforeTheEndIsDelivered() throws {
    let bench = try LoopBench()
    var seen: [UInt8] = []
    let driver = ScriptedDriver()
    driver.onReceived = { _, bytes, count in
      seen += UnsafeBufferPointer(start: bytes, count: count)
      return count
    }
    let (_, peer) = try bench.connect(driver)
    peer.send([1, 2, 3])
    peer.shutDownOutput()
    bench.turn(until: { driver.ended == 1 })
    #expect(seen == [1, 2, 3])
    bench.finish()
  }

  /// The peer says something and goes; our send fails before we read. What it said still arrives.
  @Test func inputIsReadAfterAFailedSend() throws {
    let bench = try LoopBench()
    var seen: [UInt8] = []
    let driver = ScriptedDriver()
    driver.onReceived = { _, bytes, count in
      seen += UnsafeBufferPointer(start: bytes, count: count)
      return count
    }
    let (connection, peer) = try bench.connect(driver)
    let group = BroadcastGroup(loop: bench.loop)
    group.join(connection)
    peer.send([1, 2, 3])
    peer.close()
    group.append(octets(9).span.bytes)
    group.deliver()
    bench.turn(until: { driver.ended == 1 })
    #expect(seen == [1, 2, 3])
    #expect(group.count == 0)
    bench.finish()
  }

  @Test func adoptedWithInputAndHead() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver.echo()
    driver.onOpened = { $0.write(octets(2, 2).span.bytes) }
    var pair: [Int32] = [0, 0]
    #expect(makeSocketPair(&pair))
    let peer = Peer(fd: pair[1])
    let head: [UInt8] = [1, 1]
    let connection = head.withUnsafeBytes { head in
      octets(3, 3).withUnsafeBytes { (input: UnsafeRawBufferPointer) in
        bench.loop.adopt(
          fd: pair[0], driver: driver, received: UnsafeRawBufferPointer(rebasing: input[0..<1]), head: head)
      }
    }
    #expect(connection?.isOpen == true)
    // Left in the adopting call already, with one send.
    peer.read()
    #expect(peer.received == [1, 1, 2, 2, 3])
    bench.finish()
  }

  @Test func adoptedInsideAnotherConnectionsRead() throws {
    let bench = try LoopBench()
    let inner = ScriptedDriver.echo()
    var pair: [Int32] = [0, 0]
    #expect(makeSocketPair(&pair))
    let innerPeer = Peer(fd: pair[1])
    let innerEnd = pair[0]
    let outer = ScriptedDriver()
    outer.onReceived = { connection, _, count in
      connection.write(octets(7).span.bytes)
      _ = pattern(9).withUnsafeBytes {
        bench.loop.adopt(fd: innerEnd, driver: inner, received: UnsafeRawBufferPointer(rebasing: $0[...]))
      }
      connection.write(octets(8).span.bytes)
      return count
    }
    let (_, outerPeer) = try bench.connect(outer)
    outerPeer.send([1])
    bench.turn(until: {
      innerPeer.read()
      return innerPeer.received.count == 9
    })
    outerPeer.read()
    #expect(outerPeer.received == [7, 8])
    bench.finish()
  }
}
