import HalleyEventLoop
import HalleyProtocols
import HalleyServer
import Testing

@Suite("WebSocket on a loop: synchronous callbacks")
struct CallbackSocketTests {
  static func echo(_ change: (inout Settings) -> Void = { _ in }) -> CallbackWebSocketDriver {
    CallbackWebSocketDriver(settings: settings(change)) { socket, message in socket.send(message) }
  }

  @Test("messages come back as they were", arguments: [0, 1, 125, 126, 65_535, 65_536, 70_000])
  func lengths(_ count: Int) throws {
    let bench = try WebSocketBench()
    let (_, peer) = try bench.connect(Self.echo { $0.webSocketMaxMessage = 70_000 })
    let text = [UInt8](repeating: 0x61, count: count)
    bench.exchange(peer, clientFrame(0x81, text) + clientFrame(0x82, text), frames: 2)
    #expect(peer.frames == [.init(first: 0x81, payload: text), .init(first: 0x82, payload: text)])
    bench.finish()
  }

  @Test("bytes that came with the handshake are processed")
  func early() throws {
    let bench = try WebSocketBench()
    let (_, peer) = try bench.connect(Self.echo(), received: clientFrame(0x81, "early".utf8))
    bench.exchange(peer, [], frames: 1)
    #expect(peer.frames == [.init(first: 0x81, payload: Array("early".utf8))])
    bench.finish()
  }

  @Test("fragments byte by byte, a ping among them")
  func trickle() throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(Self.echo())
    let bytes =
      clientFrame(0x01, "Grü".utf8.dropLast()) + clientFrame(0x89, [1]) + clientFrame(0x80, "Grüß".utf8.dropFirst(3))
    for byte in bytes {
      peer.send([byte])
      bench.settle()
    }
    bench.exchange(peer, [], frames: 2)
    #expect(peer.frames == [.init(first: 0x8A, payload: [1]), .init(first: 0x81, payload: Array("Grüß".utf8))])
    #expect(connection.object == nil, "nothing is kept between messages")
    bench.finish()
  }

  @Test(
    "failures are told and end the connection",
    arguments: [
      ([0x81, 0x01, 0x61], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002), ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1], 1009),
      ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007), ([0x88, 0x81, 0, 0, 0, 0, 3], 1002),
      ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], 1002),
    ] as [([UInt8], UInt16)])
  func failures(_ bytes: [UInt8], _ code: UInt16) throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(Self.echo())
    peer.send(bytes)
    bench.turn(
      "the end",
      until: {
        peer.read()
        return peer.isAtEnd
      })
    #expect(peer.frames == [.init(first: 0x88, payload: closePayload(code))])
    peer.shutDown()
    bench.turn("no connection", until: { bench.loop.gauges.connections == 0 })
    #expect(!connection.isOpen)
    bench.finish()
  }

  @Test("a close frame is answered once, the server ends first, later bytes mean nothing")
  func peerCloses() throws {
    let bench = try WebSocketBench()
    let (_, peer) = try bench.connect(Self.echo())
    peer.send(clientFrame(0x82, [1]) + clientFrame(0x88, closePayload(4001) + "bye".utf8) + clientFrame(0x82, [2]))
    bench.turn(
      "the end",
      until: {
        peer.read()
        return peer.isAtEnd
      })
    #expect(peer.frames == [.init(first: 0x82, payload: [1]), .init(first: 0x88, payload: closePayload(4001))])
    peer.send(clientFrame(0x88, closePayload(1000)) + clientFrame(0x82, [3]))
    bench.settle()
    peer.shutDown()
    bench.turn("no connection", until: { bench.loop.gauges.connections == 0 })
    bench.finish()
  }

  @Test("our close frame is answered, or its deadline passes")
  func serverCloses() throws {
    for answers in [true, false] {
      let bench = try WebSocketBench()
      let driver = CallbackWebSocketDriver(settings: settings()) { socket, message in
        socket.close(code: .init(rawValue: 4000), reason: "enough")
        socket.send(message)
      }
      let (connection, peer) = try bench.connect(driver)
      bench.exchange(peer, clientFrame(0x82, [1]) + clientFrame(0x82, [2]), frames: 1)
      bench.settle()
      peer.read()
      #expect(peer.frames == [.init(first: 0x88, payload: closePayload(4000) + "enough".utf8)])
      #expect(connection.isOpen && !WebSocketConnection(connection).isOpen)
      if answers {
        peer.send(clientFrame(0x88, closePayload(4000)))
      } else {
        bench.loop.skip(milliseconds: 5_100)
      }
      bench.turn(
        "the end",
        until: {
          peer.read()
          return peer.isAtEnd
        })
      #expect(peer.frames.count == 1)
      peer.shutDown()
      bench.turn("no connection", until: { bench.loop.gauges.connections == 0 })
      bench.finish()
    }
  }

  @Test("silence brings a ping; any input answers it; none ends the connection")
  func keepAlive() throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(Self.echo())
    for round in 1...3 {
      bench.loop.skip(milliseconds: 22_100)
      bench.turn(
        "a ping",
        until: {
          peer.read()
          return !peer.frames.isEmpty
        })
      #expect(peer.frames == [.init(first: 0x89, payload: [0, 0, 0, 0, 0, 0, 0, UInt8(round)])])
      peer.clear()
      peer.send(round == 1 ? clientFrame(0x82, []) : clientFrame(0x8A, [9]))
      bench.settle()
      peer.read()
      peer.clear()
      bench.loop.skip(milliseconds: 10_500)
      bench.settle()
      #expect(connection.isOpen)
    }
    bench.loop.skip(milliseconds: 22_100)
    bench.turn(
      "a ping",
      until: {
        peer.read()
        return !peer.frames.isEmpty
      })
    bench.loop.skip(milliseconds: 10_100)
    bench.turn("no connection", until: { bench.loop.gauges.connections == 0 })
    bench.finish()
  }

  @Test("changed intervals reach connections that are open")
  func settingsChange() throws {
    let bench = try WebSocketBench()
    let source = settings()
    let driver = CallbackWebSocketDriver(settings: source) { socket, message in socket.send(message) }
    let (connection, peer) = try bench.connect(driver)
    var changed = Settings()
    changed.webSocketPing = 5_000
    changed.webSocketMaxMessage = 10
    source.replace(changed)
    driver.reload()
    driver.rearm(connection)
    bench.loop.skip(milliseconds: 5_600)
    bench.turn(
      "a ping",
      until: {
        peer.read()
        return !peer.frames.isEmpty
      })
    peer.clear()
    bench.exchange(peer, clientFrame(0x82, [UInt8](repeating: 0, count: 11)), frames: 1)
    #expect(peer.frames == [.init(first: 0x88, payload: closePayload(1009))])
    peer.shutDown()
    bench.finish()
  }

  @Test("a flood of pings: the rate ends it, and output stays small for a peer that never reads")
  func pings() throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(Self.echo(), bufferBytes: 4096)
    let ping = clientFrame(0x89, [UInt8](repeating: 7, count: 125))
    var most = 0
    for _ in 0..<200 {
      _ = peer.sendSome(ping[...])
      bench.loop.turn()
      most = max(most, connection.queuedBytes)
    }
    #expect(most < 1024, "\(most)")
    bench.turn(
      "a close frame",
      until: {
        peer.read()
        return peer.frames.last == .init(first: 0x88, payload: closePayload(1008))
      })
    bench.finish()
  }

  @Test("a peer that sends and never reads is left unread")
  func backpressure() throws {
    let bench = try WebSocketBench()
    let driver = Self.echo { $0.queueSoft = 64 << 10 }
    let (connection, peer) = try bench.connect(driver, bufferBytes: 8192)
    let frame = clientFrame(0x82, [UInt8](repeating: 1, count: 1000))
    var sent = 0, idle = 0
    while idle < 50 {
      let count = peer.sendSome(frame[(sent % frame.count)...])
      sent += count
      idle = count == 0 ? idle + 1 : 0
      bench.loop.turn()
      #expect(connection.queuedBytes < 80 << 10)
    }
    #expect(connection.isOpen)
    let total = (sent / frame.count) * 1000
    // Finish the frame that was cut, and everything comes back.
    let rest = sent % frame.count == 0 ? [] : Array(frame[(sent % frame.count)...])
    let whole = sent / frame.count + (rest.isEmpty ? 0 : 1)
    bench.exchange(peer, rest, frames: whole)
    #expect(peer.frames.count == whole && total > 64 << 10)
    bench.finish()
  }

  @Test("16 MiB in one frame and in 65,536 fragments; memory is given back")
  func large() throws {
    let bench = try WebSocketBench()
    let driver = Self.echo {
      $0.webSocketMaxMessage = 16 << 20
      $0.webSocketMaxFragments = 65_536
    }
    let (connection, peer) = try bench.connect(driver)
    let payload = [UInt8](repeating: 0x62, count: 16 << 20)
    bench.exchange(peer, clientFrame(0x82, payload), frames: 1)
    #expect(peer.frames.first?.payload.count == payload.count)
    peer.clear()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(17 << 20)
    let piece = payload[0..<256]
    for i in 0..<65_536 { bytes += clientFrame(i == 0 ? 0x01 : i == 65_535 ? 0x80 : 0x00, piece) }
    bench.exchange(peer, bytes, frames: 1)
    #expect(peer.frames.first?.payload == payload)
    #expect(connection.object == nil && bench.loop.gauges.ownInputBytes == 0)
    bench.finish()
  }

  @Test("a view that is kept too long is empty and closes its connection")
  func expired() throws {
    let bench = try WebSocketBench()
    var kept: [WebSocketMessage] = [], texts: [String] = []
    let driver = CallbackWebSocketDriver(settings: settings()) { socket, message in
      if let old = kept.first { texts.append(old.text) }
      kept = [message]
      texts.append(message.text)
    }
    let (_, peer) = try bench.connect(driver)
    bench.exchange(peer, clientFrame(0x81, "one".utf8) + clientFrame(0x81, "two".utf8), frames: 1)
    #expect(texts == ["one", "", "two"])
    #expect(peer.frames == [.init(first: 0x88, payload: closePayload(1011))])
    kept = []
    bench.finish()
  }

  @Test("a peer that vanishes leaves nothing behind", arguments: 0..<30)
  func vanishes(_ cut: Int) throws {
    let bench = try WebSocketBench()
    let (_, peer) = try bench.connect(Self.echo(), WebSocketSession(deflateBits: 15))
    let bytes = clientFrame(0x01, "abc".utf8) + clientFrame(0x89, []) + clientFrame(0x80, "def".utf8)
    peer.send(Array(bytes.prefix(cut)))
    bench.settle()
    peer.shutDown()
    bench.turn("no connection", until: { bench.loop.gauges.connections == 0 })
    bench.finish()
  }
}
