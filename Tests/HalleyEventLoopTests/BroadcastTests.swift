@testable import HalleyEventLoop
import Testing

@Suite struct BroadcastTests {
  /// Fast and slow readers, bursts and pauses: everybody gets all bytes once and in order, lagging or not.
  @Test(arguments: [11, 12, 13])
  func everybodyGetsAllBytesInOrder(seed: UInt64) throws {
    let bench = try LoopBench()
    var random = SplitMix(state: seed)
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 64 << 20
    let group = BroadcastGroup(loop: bench.loop)
    var peers: [Peer] = []
    var connections: [Connection] = []
    for _ in 0..<6 {
      let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
      group.join(connection)
      peers.append(peer)
      connections.append(connection)
    }
    #expect(group.count == 6)
    var expected: [UInt8] = []
    for round in 0..<150 {
      for _ in 0..<(random.next() % 4) {
        let size = Int(random.next() % [20, 3000, 90_000][Int(random.next() % 16) / 7])
        let bytes = pattern(size, seed: round)
        expected += bytes
        if size.isMultiple(of: 2) {
          group.append(bytes.span.bytes)
        } else {
          group.append(count: size + 5) { room in
            for index in 0..<size { room[index] = bytes[index] }
            return size
          }
        }
      }
      bench.loop.turn()
      for (index, peer) in peers.enumerated() where random.next() % 6 < index + 1 {
        peer.read(limit: index == 0 ? 3000 : .max)
      }
    }
    bench.turn(until: {
      for peer in peers { peer.read() }
      return peers.allSatisfy { $0.received.count >= expected.count } && bench.loop.gauges.queuedBytes == 0
    })
    for peer in peers { #expect(isSame(peer.received, expected), "seed \(seed)") }
    bench.settle()
    #expect(bench.loop.gauges.sharedBuffers == 0)
    bench.finish()
    #expect(group.count == 0)
  }

  /// Broadcasts of 1000 bytes to a socket that takes nothing, until the connection lags.
  @Test(arguments: [(5_500, Int.max), (Int.max - 1, 3)])
  func aFullQueueLagsAtTheSoftLimit(soft: Int, messages: Int) throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 1 << 20
    driver.softQueueLimit = soft
    driver.softQueueMessages = messages
    driver.lowQueueLimit = 1_000
    var rooms: [Int] = []
    driver.onHasRoom = { rooms.append($0.queuedBytes) }
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    let group = BroadcastGroup(loop: bench.loop)
    group.join(connection)
    var sent = 0
    var laggards: [Connection] = []
    while laggards.isEmpty, sent < 10_000 {
      let before = connection.queuedBytes
      group.append(pattern(1000, seed: sent).span.bytes)
      group.deliver()
      laggards = group.takeLaggards()
      #expect(connection.queuedBytes <= soft)
      // Nothing of the run that was too much is queued.
      if laggards.isEmpty { sent += 1 } else { #expect(connection.queuedBytes == before) }
    }
    #expect(laggards == [connection] && group.count == 0)
    if messages == 3 { #expect(connection.queuedBytes > 2_000 && connection.queuedBytes <= 3_000) }
    // It gets nothing until it joins again, and its driver hears when there is room.
    group.append(octets(9).span.bytes)
    group.deliver()
    bench.turn(until: {
      peer.read()
      return peer.received.count == sent * 1000 && connection.queuedBytes == 0
    })
    bench.settle()
    #expect(rooms.last == 0 && rooms.allSatisfy { $0 < 1_000 })
    group.join(connection)
    rooms = []
    group.append(octets(7).span.bytes)
    bench.turn(until: {
      peer.read()
      return peer.received.count == sent * 1000 + 1
    })
    #expect(peer.received.last == 7 && rooms.isEmpty)
    bench.finish()
  }

  /// A paused connection lags at the next broadcast if something still waits for it.
  @Test func aPausedConnectionLagsAtOnce() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.softQueueLimit = 1 << 20
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    let group = BroadcastGroup(loop: bench.loop)
    group.join(connection)
    #expect(!connection.pauseBroadcasts())
    while connection.queuedBytes == 0 {
      group.append(pattern(1000).span.bytes)
      group.deliver()
    }
    #expect(connection.pauseBroadcasts() && !connection.pauseBroadcasts())
    group.append(octets(1).span.bytes)
    group.deliver()
    #expect(group.takeLaggards() == [connection])
    #expect(!connection.pauseBroadcasts())
    peer.read()
    bench.finish()
  }

  @Test func joiningAndLeavingCutExactly() throws {
    let bench = try LoopBench()
    let group = BroadcastGroup(loop: bench.loop)
    let (early, earlyPeer) = try bench.connect(ScriptedDriver())
    let (late, latePeer) = try bench.connect(ScriptedDriver())
    group.join(early)
    group.append(octets(1).span.bytes)
    group.join(late)
    group.append(octets(2).span.bytes)
    group.leave(early)
    group.append(octets(3).span.bytes)
    bench.settle()
    earlyPeer.read()
    latePeer.read()
    #expect(earlyPeer.received == [1, 2])
    #expect(latePeer.received == [2, 3])
    group.leave(early)
    #expect(group.count == 1)
    bench.finish()
  }

  @Test func aConnectionIsInOneGroup() throws {
    let bench = try LoopBench()
    let first = BroadcastGroup(loop: bench.loop)
    let second = BroadcastGroup(loop: bench.loop)
    let (connection, peer) = try bench.connect(ScriptedDriver())
    first.join(connection)
    first.join(connection)
    second.join(connection)
    #expect(first.count == 0 && second.count == 1)
    first.append(octets(1).span.bytes)
    second.append(octets(2).span.bytes)
    bench.settle()
    peer.read()
    #expect(peer.received == [2])
    bench.finish()
  }

  /// Inside the own read, what was corked before the broadcast leaves before it.
  @Test func corkAndRunKeepTheirOrder() throws {
    let bench = try LoopBench()
    let group = BroadcastGroup(loop: bench.loop)
    let driver = ScriptedDriver()
    driver.onReceived = { connection, _, count in
      connection.write(octets(1).span.bytes)
      group.append(octets(2).span.bytes)
      group.deliver()
      connection.write(octets(3).span.bytes)
      return count
    }
    let (connection, peer) = try bench.connect(driver)
    group.join(connection)
    peer.send([0])
    bench.settle()
    peer.read()
    #expect(peer.received == [1, 2, 3])
    bench.finish()
  }

  @Test func endedSubscribersLeaveByThemselves() throws {
    let bench = try LoopBench()
    let group = BroadcastGroup(loop: bench.loop)
    let driver = ScriptedDriver()
    // Publishing while a subscriber ends must not reach it, nor disturb the others.
    driver.onEnded = { _ in group.append(octets(5).span.bytes) }
    var peers: [Peer] = []
    for _ in 0..<5 {
      let (connection, peer) = try bench.connect(driver)
      group.join(connection)
      peers.append(peer)
    }
    peers[1].close()
    peers[4].close()
    bench.turn(until: { group.count == 3 })
    bench.settle()
    for index in [0, 2, 3] {
      peers[index].read()
      #expect(peers[index].received == [5, 5])
    }
    bench.finish()
  }

  @Test func groupThatGoesAwayLetsItsMembersGo() throws {
    let bench = try LoopBench()
    let (connection, peer) = try bench.connect(ScriptedDriver.echo())
    var group: BroadcastGroup? = BroadcastGroup(loop: bench.loop)
    group?.join(connection)
    group = nil
    peer.send([1])
    bench.turn(until: { peer.read() == 1 })
    bench.finish()
  }

  @Test func oneMessageBeyondTheRunAndLimit() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver()
    driver.hardQueueLimit = 1000
    let group = BroadcastGroup(loop: bench.loop)
    let (connection, peer) = try bench.connect(driver, bufferBytes: 4096)
    group.join(connection)
    // Half of it leaves at once: then the rest must follow, whatever the limit says.
    let big = pattern(300_000)
    group.append(big.span.bytes)
    bench.turn(until: {
      peer.read()
      return peer.received.count == big.count
    })
    #expect(isSame(peer.received, big) && driver.overflowed == 0 && connection.isOpen)
    bench.finish()
  }
}
