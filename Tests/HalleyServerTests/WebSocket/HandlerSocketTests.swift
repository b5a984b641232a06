import HalleyEventLoop
import HalleyProtocols
import HalleyServer
import Synchronization
import Testing

@Suite("WebSocket on a loop: asynchronous handlers")
struct HandlerSocketTests {
  static func driver(
    offLoop: Bool = false, _ change: (inout Settings) -> Void = { _ in },
    _ handler: @escaping @Sendable (WebSocket) async throws -> Void
  ) -> HandlerWebSocketDriver {
    HandlerWebSocketDriver(settings: settings(change), offLoop: offLoop, handler: handler)
  }

  @Test("echo, many in one read and one in many reads")
  func echo() throws {
    let bench = try WebSocketBench()
    let driver = Self.driver { socket in for try await message in socket { try await socket.send(message) } }
    let (_, peer) = try bench.connect(driver, received: clientFrame(0x81, "first".utf8))
    let numbers: [[UInt8]] = (0..<1000).map { [UInt8($0 & 255), UInt8($0 >> 8)] }
    var bytes: [UInt8] = []
    for number in numbers { bytes += clientFrame(0x82, number) }
    bytes += clientFrame(0x01, "frag".utf8) + clientFrame(0x89, []) + clientFrame(0x80, "mented".utf8)
    bench.exchange(peer, bytes, frames: 1003)
    #expect(peer.frames.first == .init(first: 0x81, payload: Array("first".utf8)))
    let echoed = peer.frames[1...1000].map { $0.payload }
    #expect(echoed == numbers)
    #expect(peer.frames.last == .init(first: 0x81, payload: Array("fragmented".utf8)))
    peer.clear()
    for byte in clientFrame(0x81, "bytewise".utf8) {
      peer.send([byte])
      bench.settle()
    }
    bench.exchange(peer, [], frames: 1)
    #expect(peer.frames == [.init(first: 0x81, payload: Array("bytewise".utf8))])
    bench.finish()
  }

  struct Failure: Error {}

  @Test("returning is 1000, throwing is 1011")
  func ends() throws {
    for fails in [false, true] {
      let bench = try WebSocketBench()
      let told = Mutex(0)
      let driver = HandlerWebSocketDriver(
        settings: settings(), offLoop: false, report: { _ in told.withLock { $0 += 1 } },
        handler: { socket in
          for try await message in socket where message.text == "end" {
            if fails { throw Failure() }
            return
          }
        })
      let (_, peer) = try bench.connect(driver)
      bench.exchange(peer, clientFrame(0x81, "x".utf8) + clientFrame(0x81, "end".utf8), frames: 1)
      #expect(peer.frames == [.init(first: 0x88, payload: closePayload(fails ? 1011 : 1000))])
      #expect(told.withLock { $0 } == (fails ? 1 : 0))
      peer.send(clientFrame(0x88, closePayload(1000)))
      bench.turn(
        "the end",
        until: {
          peer.read()
          return peer.isAtEnd
        })
      peer.shutDown()
      bench.finish()
    }
  }

  @Test("an orderly close ends the iteration, a lost peer makes it throw; both cancel")
  func peerEnds() throws {
    for orderly in [true, false] {
      let bench = try WebSocketBench()
      let log = Mutex<[String]>([])
      let driver = Self.driver { socket in
        do {
          for try await _ in socket {}
          log.withLock { $0.append("nil") }
        } catch { log.withLock { $0.append("\(error)") } }
        log.withLock { $0.append("\(socket.closeCode?.rawValue ?? 0) \(Task.isCancelled)") }
      }
      let (_, peer) = try bench.connect(driver)
      bench.settle()
      if orderly { peer.send(clientFrame(0x88, closePayload(1001))) }
      bench.settle()
      peer.shutDown()
      bench.turn("the handler's end", until: { log.withLock { $0.count } == 2 })
      #expect(
        log.withLock { $0 } == (orderly ? ["nil", "1001 true"] : ["the WebSocket was lost (1006)", "1006 true"]))
      bench.finish()
    }
  }

  @Test("a handler that is busy elsewhere: pings answered, its view stays whole, messages wait, close cancels")
  func busy() throws {
    let bench = try WebSocketBench()
    let gate = Gate()
    let log = Mutex<[String]>([])
    let driver = Self.driver { socket in
      for try await message in socket {
        await gate.pass()
        log.withLock { $0.append(message.text) }
        try await socket.send(message)
      }
    }
    let (_, peer) = try bench.connect(driver)
    for text in ["one", "two", "three"] {
      peer.send(clientFrame(0x81, text.utf8) + clientFrame(0x89, text.utf8))
      bench.settle()
    }
    bench.exchange(peer, [], frames: 3)
    #expect(peer.frames.map(\.first) == [0x8A, 0x8A, 0x8A] && log.withLock { $0.isEmpty })
    for _ in 0..<3 {
      gate.open()
      bench.settle()
    }
    bench.exchange(peer, [], frames: 6)
    #expect(log.withLock { $0 } == ["one", "two", "three"])
    #expect(peer.frames.dropFirst(3).map(\.payload) == ["one", "two", "three"].map { Array($0.utf8) })
    peer.send(clientFrame(0x81, "four".utf8))
    bench.settle()
    peer.send(clientFrame(0x88, closePayload(1000)))
    bench.turn(
      "the end",
      until: {
        peer.read()
        return peer.isAtEnd
      })
    gate.open()
    peer.shutDown()
    bench.settle()
    bench.finish()
  }

  @Test("while the handler is busy a flood is held back, and nothing is lost")
  func flood() throws {
    let bench = try WebSocketBench()
    let gate = Gate(), seen = Mutex(0)
    let driver = Self.driver({ $0.queueSoft = 32 << 10 }) { socket in
      await gate.pass()
      for try await message in socket {
        seen.withLock { $0 += message.count }
        if message.count == 1 { await gate.pass() }
      }
    }
    let (connection, peer) = try bench.connect(driver, bufferBytes: 8192)
    let frame = clientFrame(0x82, [UInt8](repeating: 1, count: 1000)) + clientFrame(0x82, [1])
    var sent = 0, idle = 0
    while idle < 50, sent < 16 << 20 {
      let count = peer.sendSome(frame[(sent % frame.count)...])
      sent += count
      idle = count == 0 ? idle + 1 : 0
      bench.loop.turn()
    }
    #expect(sent < 2 << 20, "held back after \(sent)")
    let whole = sent / frame.count
    bench.turn(
      "all messages",
      until: {
        gate.open()
        bench.loop.turn()
        return seen.withLock { $0 } >= whole * 1001
      })
    #expect(connection.isOpen)
    bench.finish()
    // The handler may wait at the gate; let it end.
    gate.open()
  }

  @Test("send waits for a peer that does not read")
  func sendWaits() throws {
    let bench = try WebSocketBench()
    let count = Mutex(0)
    let driver = Self.driver({ $0.queueSoft = 32 << 10 }) { socket in
      for i in 0..<1000 {
        try await socket.send(bytes: [UInt8](repeating: UInt8(i & 255), count: 1000))
        count.withLock { $0 += 1 }
      }
    }
    let (connection, peer) = try bench.connect(driver, bufferBytes: 8192)
    for _ in 0..<50 { bench.loop.turn() }
    #expect(count.withLock { $0 } < 200)
    #expect(connection.queuedBytes <= 32 << 10 + 2000)
    bench.exchange(peer, [], frames: 1001)
    #expect(peer.frames.prefix(1000).enumerated().allSatisfy { $1.payload.first == UInt8($0 & 255) })
    #expect(peer.frames.last == .init(first: 0x88, payload: closePayload(1000)))
    bench.finish()
  }

  @Test("a handler on the global pool, and tasks elsewhere that send")
  func offLoop() async throws {
    // The loop waits for the pool, so it must not hold one of the pool's threads.
    try await onThread { try Self.offLoopOnThread() }
  }

  static func offLoopOnThread() throws {
    let bench = try WebSocketBench()
    let driver = Self.driver(offLoop: true) { socket in
      for try await message in socket {
        let copy = message.copy()
        try await Task.detached { try await socket.send(copy.text + "!") }.value
        try await socket.send(message)
      }
    }
    let (_, peer) = try bench.connect(driver)
    var bytes: [UInt8] = []
    for i in 0..<100 { bytes += clientFrame(0x81, "\(i)".utf8) }
    peer.send(bytes)
    bench.wait(
      "200 answers",
      until: {
        peer.read()
        return peer.frames.count >= 200
      })
    let texts = peer.frames.map { String(decoding: $0.payload, as: UTF8.self) }
    #expect(texts == (0..<100).flatMap { ["\($0)!", "\($0)"] })
    peer.send(clientFrame(0x88, closePayload(1000)))
    bench.wait(
      "the end",
      until: {
        peer.read()
        return peer.isAtEnd
      })
    peer.shutDown()
    bench.wait("no connection", until: { bench.loop.gauges.connections == 0 })
    bench.finish()
  }

  @Test("an expired view throws, and the process lives")
  func expired() throws {
    let bench = try WebSocketBench()
    let outcome = Mutex("")
    let driver = Self.driver { socket in
      var iterator = socket.makeAsyncIterator()
      guard let first = try await iterator.next() else { return }
      guard try await iterator.next() != nil else { return }
      do {
        try await socket.send(first)
      } catch { outcome.withLock { $0 = "\(error)" } }
      #expect(throws: WebSocketError.expired) { try first.withBytes { _ in } }
    }
    let (_, peer) = try bench.connect(driver)
    bench.exchange(peer, clientFrame(0x81, "a".utf8) + clientFrame(0x81, "b".utf8), frames: 1)
    #expect(outcome.withLock { $0 } == "the message ended when the next one was asked for")
    bench.finish()
  }

  @Test("16 MiB come back, compressed and plain")
  func large() throws {
    let bench = try WebSocketBench()
    let driver = Self.driver({ $0.webSocketMaxMessage = 16 << 20 }) { socket in
      for try await message in socket { try await socket.send(message) }
    }
    let payload = (0..<(16 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 9) }
    let (_, plain) = try bench.connect(driver)
    bench.exchange(plain, clientFrame(0x82, payload), frames: 1)
    #expect(plain.frames.first?.payload == payload)
    let (_, packed) = try bench.connect(driver, WebSocketSession(deflateBits: 15))
    bench.exchange(packed, clientFrame(0xC2, DeflateSocketTests.deflated(payload)), frames: 1)
    #expect(packed.frames.first.map { DeflateSocketTests.inflated($0.payload) } == payload)
    bench.finish()
  }
}

/// Lets one waiting task pass for each opening.
final class Gate: Sendable {
  private struct State {
    var permits = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  func open() {
    let first = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if !state.waiting.isEmpty { return state.waiting.removeFirst() }
      state.permits += 1
      return nil
    }
    first?.resume()
  }

  nonisolated(nonsending) func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state -> Bool in
        if state.permits > 0 {
          state.permits -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isOpen { continuation.resume() }
    }
  }
}
