import HalleyTesting
import Testing

@testable import Halley
@testable import HalleyChannels

private typealias Event = FeedReader.Event

/// Two channels alone and together, over everything there is.
private struct Places: Site {
  let a = Channel("a", history: .last(100_000, bytes: 1 << 30))
  let b = Channel("b", history: .last(100_000, bytes: 1 << 30))

  var routes: Routes {
    offered(Route("/a", a))
    offered(Route("/both", a, b))
    Route("/slow", a, b).websocket().sse().stream().iframe().backpressure(.skipAndResume, soft: .kibibytes(8))
    Route("/rooms/:room", channel: { "room.\($0.parameters["room"] ?? "")" }).longPoll()
  }

  private func offered(_ route: Route) -> Route {
    route.websocket(inbound: .publish).sse().longPoll().stream().iframe().jsonp().publish()
  }

  /// Where the two of them stand.
  var cursor: String { ChannelSet([a, b]).top.description }
}

@Suite("A broker that goes away and comes back", .timeLimit(.minutes(2)))
struct BrokerTests {
  private let site = Places()
  private let broker = ScriptedBroker()

  /// A new epoch of a channel.
  private func restart(_ channel: Channel, top: Int = 0) throws {
    #expect(channel.log.restart(try #require(LogBeginning(top: top))))
  }

  /// What breaks the promise in what a reader was told: each message follows on the one before, of an epoch that
  /// stands; each reset changes the channels that it names, and no others.
  ///
  /// - Parameters:
  ///   - start: where the reader began.
  ///   - names: of the channels, in the order of the route.
  private func faults(_ reader: FeedReader, from start: String, _ names: [String]) -> [String] {
    func entries(_ cursor: String) -> [(epoch: String, offset: Int)] {
      cursor.split(separator: ".").map { entry in
        let fields = entry.split(separator: "-")
        return (String(fields[0]), Int(fields[1]) ?? -1)
      }
    }
    var standing = entries(start)
    var faults: [String] = []
    for event in reader.events {
      switch event {
      case .message(let id, _):
        // An event without a frame has the joined cursor for an id.
        for place in entries(id) {
          guard let index = standing.firstIndex(where: { $0.epoch == place.epoch }) else {
            faults.append("\(id) while \(standing) stand")
            continue
          }
          let isOther = entries(id).count > 1 && place.offset == standing[index].offset
          if !isOther, place.offset != standing[index].offset + 1 { faults.append("\(id) after \(standing)") }
          standing[index].offset = place.offset
        }
      case .reset(let reason, let cursor, let channels):
        let after = entries(cursor)
        let changed = names.indices.filter { after[$0] != standing[$0] }.map { names[$0] }
        if reason != "epoch" || changed != (names.count == 1 ? names : channels) || names.count == 1 && channels != [] {
          faults.append("reset \(reason) \(channels): \(standing), \(after)")
        }
        standing = after
      case .cursor, .status, .move, .closed: faults.append("\(event)")
      }
    }
    return faults
  }

  private func resets(_ reader: FeedReader) -> [Event] {
    reader.events.filter { if case .reset = $0 { true } else { false } }
  }

  // MARK: New epochs

  @Test("a new epoch: one reset, after the last message of the old one", arguments: FeedReader.Transport.allCases)
  func epoch(transport: FeedReader.Transport) async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      let one = try FeedReader(transport, "/places/a", port: port)
      let both = try FeedReader(transport, "/places/both", port: port)
      let starts = (one.cursor, both.cursor)
      let first = try await site.a.publish("1")
      try await site.b.publish("1")
      let second = try await site.a.publish("2")
      try restart(site.a, top: 5)
      let other = try await site.b.publish("2")
      let third = try await site.a.publish("3")
      let cursor = site.cursor
      try one.read { $0.cursor == third.description }
      try both.read { $0.cursor == cursor }
      #expect(third.offset == 6 && third.epoch != first.epoch)
      #expect(
        one.events == [
          .message(id: "\(first)", key: nil), .message(id: "\(second)", key: nil),
          .reset(reason: "epoch", cursor: "\(third.epoch)-5", channels: []), .message(id: "\(third)", key: nil),
        ])
      #expect(faults(one, from: starts.0, ["a"]) == [])
      #expect(faults(both, from: starts.1, ["a", "b"]) == [])
      #expect(resets(both).count == 1 && both.events.count == 6)

      // Without a message behind it, the reset comes all the same; and only for those who have the channel.
      try restart(site.b)
      let after = site.cursor
      try both.read { $0.cursor == after }
      #expect(both.events.last == .reset(reason: "epoch", cursor: after, channels: ["b"]))
      let last = try await site.a.publish("4")
      try one.read { $0.cursor == last.description }
      #expect(one.events.suffix(2) == [.message(id: "\(third)", key: nil), .message(id: "\(last)", key: nil)])
      #expect(other.epoch != site.b.log.top.epoch)
      one.close()
      both.close()
    }
  }

  @Test("the reset as it leaves")
  func bytes() async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      let query = ["transport=sse", "transport=sse&format=frames", "transport=stream", "transport=iframe&callback=f"]
      let clients = try query.map { query in
        let client = try RawClient(port: port)
        client.send("GET /places/both?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try client.receive(until: "\r\n\r\n")
        while !(try client.receiveChunk()).contains("welcome") {}
        return client
      }
      try restart(site.b, top: 3)
      let frame =
        #"{"type":"reset","reason":"epoch","cursor":"\#(site.cursor)","heartbeat":15000,"channels":["b"]}"#
      let expected = [
        "id: \(site.cursor)\nevent: halley.reset\ndata: \(frame)\n\n", "id: \(site.cursor)\ndata: \(frame)\n\n",
        frame + "\n", "<script>f(\(frame));</script>\n",
      ]
      for (client, text) in zip(clients, expected) { #expect(try client.receiveChunk() == text) }
    }
  }

  @Test("payloads alone cannot tell it: a raw socket is closed with 4203, behind what the old epoch had for it")
  func raw() async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      for path in ["/places/a", "/places/both"] {
        let socket = try RawClient.webSocket(path, port: port)
        try await site.a.publish("old")
        try restart(site.a)
        try await site.a.publish("new")
        #expect(try socket.receiveFrame().payload == Array("old".utf8))
        let close = try socket.receiveFrame()
        #expect(close.first == 0x88 && close.payload.prefix(2) == [0x10, 0x6B])
      }
    }
  }

  @Test("held polls are answered with the reset at once, in all their forms")
  func polls() async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      let queries = ["", "&callback=cb", "&transport=sse&hold=20", "&transport=stream&hold=20"]
      let clients = try queries.map { query in
        let client = try RawClient(port: port)
        client.send("GET /places/both?cursor=\(site.cursor)\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client
      }
      let other = try RawClient(port: port)
      other.send("GET /places/a?cursor=\(site.a.log.top) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try health(port).waiters >= 5 }
      try restart(site.b, top: 3)
      let body =
        #"{"resume":"reset","reason":"epoch","channels":["b"],"cursor":"\#(site.cursor)","messages":[],"#
        + #""more":false,"retry":0}"#
      let frame =
        #"{"type":"reset","reason":"epoch","cursor":"\#(site.cursor)","heartbeat":15000,"channels":["b"]}"#
      let answers = try clients.map { try $0.response()?.text }
      #expect(answers[0] == body)
      #expect(answers[1] == "/**/cb(\(body));")
      #expect(answers[2] == "retry: 100\nid: \(site.cursor)\nevent: halley.reset\ndata: \(frame)\n\n")
      #expect(answers[3] == frame + "\n")
      #expect(try health(port).waiters == 1)
      // The next request of the cursor that came with the reset goes on; one that missed the reset gets its own.
      let next = try RawClient(port: port)
      next.send("GET /places/both?cursor=\(site.cursor) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try health(port).waiters >= 2 }
      let id = try await site.b.publish("new")
      #expect(
        try next.response()?.text
          == #"{"resume":"current","cursor":"\#(site.cursor)","messages":[{"id":"\#(id)","data":"new","channel":"b"}],"#
          + #""more":false,"retry":0}"#)
      try restart(site.a)
      #expect(
        try other.response()?.text
          == #"{"resume":"reset","reason":"epoch","cursor":"\#(site.a.log.top)","messages":[],"more":false,"retry":0}"#)
    }
  }

  @Test("a poll that is answered by the last messages of the old epoch gets the reset with its next request")
  func pollBefore() async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      let client = try RawClient(port: port)
      let asked = site.a.log.top
      client.send("GET /places/a?cursor=\(asked) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try health(port).waiters >= 1 }
      let id = try await site.a.publish("old")
      try restart(site.a)
      let first = try client.response()?.text
      #expect(first?.contains(#""cursor":"\#(id)","messages":[{"id":"\#(id)","data":"old"}]"#) == true)
      #expect(
        fetch("/places/a?cursor=\(id)", port: port)?.hasSuffix(
          #"{"resume":"reset","reason":"epoch","cursor":"\#(site.a.log.top)","messages":[],"more":false,"retry":0}"#)
          == true)
    }
  }

  @Test(
    "who lags learns of it when it is refilled, and gets nothing of the old epoch any more",
    arguments: [FeedReader.Transport.webSocket, .events])
  func laggard(transport: FeedReader.Transport) async throws {
    let site = site
    try await serving([site], broker: broker) { port in
      let reader = try FeedReader(transport, "/places/slow", port: port)
      let start = reader.cursor
      let text = String(repeating: "x", count: 4 << 10)
      var stuck = 0
      while stuck < 10 {
        for _ in 0..<20 { try await site.a.publish(text) }
        stuck = try health(port).queuedBytes > 0 ? stuck + 1 : 0
      }
      let top = site.a.log.top.offset
      try restart(site.a)
      for _ in 0..<5 { try await site.a.publish("new") }
      let cursor = site.cursor
      try reader.read { $0.cursor == cursor }
      let last = try await site.a.publish("live")
      let end = site.cursor
      try reader.read { $0.cursor == end }
      #expect(faults(reader, from: start, ["a", "b"]) == [])
      #expect(resets(reader).count == 1)
      #expect(reader.events.count < top)
      #expect(reader.events.last == .message(id: transport == .events ? end : "\(last)", key: nil))
      reader.close()
    }
  }

  @Test(
    "epochs change while messages are published and readers pause: every order is exact", arguments: [1, 2] as [UInt64])
  func anyOrder(seed: UInt64) async throws {
    let site = site
    try await serving([site], arguments: ["--stream-max-bytes", "1GiB"], threads: 2, broker: broker) { port in
      var random = SeededRandom(seed: seed)
      let readers = try FeedReader.Transport.allCases.flatMap { transport in
        try ["/places/a", "/places/both", "/places/slow"].map { path in
          let reader = try FeedReader(transport, path, port: port)
          return (reader: reader, start: reader.cursor, names: path == "/places/a" ? ["a"] : ["a", "b"])
        }
      }
      let text = String(repeating: "x", count: 1 << 10)
      for _ in 0..<25 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          let count = Int.random(in: 1...40, using: &random)
          for channel in [site.a, site.b] {
            group.addTask { for _ in 0..<count { try await channel.publish(text) } }
          }
          for channel in [site.a, site.b] where Int.random(in: 0..<3, using: &random) == 0 {
            let top = Int.random(in: 0..<1_000, using: &random)
            group.addTask { try restart(channel, top: top) }
          }
          try await group.waitForAll()
        }
        for (reader, _, _) in readers where Int.random(in: 0..<3, using: &random) == 0 {
          try reader.read(upTo: .random(in: 1...200_000, using: &random), patience: 0)
        }
      }
      for (reader, start, names) in readers {
        let cursor = names.count == 1 ? site.a.log.top.description : site.cursor
        try reader.read { $0.cursor == cursor }
        let faults = faults(reader, from: start, names)
        #expect(faults.isEmpty, "seed \(seed), \(reader.transport), \(names): \(faults.prefix(3))")
        #expect(!resets(reader).isEmpty)
        reader.close()
      }
    }
  }

  // MARK: Publishing

  @Test("an ack says where the message is, and nothing of a new epoch comes before its reset")
  func ack() async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      for isStored in [true, false] {
        broker.reply = .late(isStored: isStored)
        let socket = try RawClient.webSocket("/places/a", port: port, subprotocol: "halley.v1")
        socket.sendFrame(#"{"type":"hello"}"#)
        _ = try socket.receiveText()
        let before = site.a.log.top
        socket.sendFrame(#"{"type":"publish","ref":"1","data":1}"#)
        try until { broker.heldCount > 0 }
        try restart(site.a)
        let after = site.a.log.top
        broker.release()
        let reset = #"{"type":"reset","reason":"epoch","cursor":"\#(after)","heartbeat":15000}"#
        let id = MessageID(epoch: isStored ? before.epoch : after.epoch, offset: isStored ? before.offset + 1 : 1)
        let ack = #"{"type":"ack","ref":"1","id":"\#(id)"}"#
        let message = #"{"type":"message","id":"\#(id)","data":1}"#
        let told = [try socket.receiveText(), try socket.receiveText(), try socket.receiveText()]
        #expect(Set(told) == [reset, ack, message])
        #expect(isStored ? told[0] == message : told[0] == reset, "\(told)")
      }
    }
  }

  @Test("an ack on the loop that is about to tell of a new epoch waits for the reset")
  func ackOnTheLoop() async throws {
    let site = site
    let renewing = RenewingBroker()
    try await serving([site], broker: renewing) { port in
      let socket = try RawClient.webSocket("/places/a", port: port, subprotocol: "halley.v1")
      let raw = try RawClient.webSocket("/places/a", port: port)
      socket.sendFrame(#"{"type":"hello"}"#)
      _ = try socket.receiveText()
      for round in 1...3 {
        socket.sendFrame(#"{"type":"publish","ref":"\#(round)","data":1}"#)
        let told = [try socket.receiveText(), try socket.receiveText(), try socket.receiveText()]
        let top = site.a.log.top
        #expect(told[0] == #"{"type":"reset","reason":"epoch","cursor":"\#(top.epoch)-0","heartbeat":15000}"#)
        #expect(
          Set(told[1...]) == [
            #"{"type":"ack","ref":"\#(round)","id":"\#(top)"}"#, #"{"type":"message","id":"\#(top)","data":1}"#,
          ])
      }
      #expect(try raw.receiveFrame().payload.prefix(2) == [0x10, 0x6B])
    }
  }

  @Test("what the broker says of a publish is what the publisher is told, and what is refused is not stored")
  func outcomes() async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      let socket = try RawClient.webSocket("/places/both", port: port, subprotocol: "halley.v1")
      socket.sendFrame(#"{"type":"hello"}"#)
      _ = try socket.receiveText()
      let raw = try RawClient.webSocket("/places/a", port: port)
      func post() -> String { fetch("/places/a", port: port, method: "POST", body: "x") ?? "" }
      func send() throws -> String {
        socket.sendFrame(#"{"type":"publish","ref":"1","data":"x","channel":"a"}"#)
        return try socket.receiveText()
      }
      let refused = #"{"type":"error","ref":"1","error":"unavailable"}"#
      broker.reply = .refused
      #expect(post().hasPrefix("HTTP/1.1 503 ") && post().hasSuffix(#"{"error":"unavailable","retry":5000}"#))
      #expect(try send() == refused)
      broker.reply = .unknown(isStored: false)
      #expect(post().hasPrefix("HTTP/1.1 504 "))
      #expect(try send() == #"{"type":"error","ref":"1","error":"unknown"}"#)
      broker.leave()
      #expect(try socket.receiveText() == #"{"type":"status","delivery":"degraded"}"#)
      #expect(post().hasPrefix("HTTP/1.1 503 "))
      #expect(try send() == refused)
      await #expect(throws: PublishError.refused) { try await site.a.publish("x") }
      // A raw socket hears nothing of its outcome, and lives.
      raw.sendFrame("x")
      raw.send([0x89, 0x80, 0, 0, 0, 0])
      #expect(try raw.receiveFrame().first == 0x8A)
      broker.comeBack()
      broker.reply = .atOnce
      #expect(try socket.receiveText() == #"{"type":"status","delivery":"live"}"#)
      raw.sendFrame("y")
      #expect(try raw.receiveFrame().payload == Array("y".utf8))
      #expect(post().hasPrefix("HTTP/1.1 201 "))
      #expect(try raw.receiveFrame().payload == Array("x".utf8))
    }
    #expect(site.a.log.top.offset == 2)
  }

  // MARK: Delivery status

  @Test("going and coming back is told once each", arguments: FeedReader.Transport.allCases)
  func status(transport: FeedReader.Transport) async throws {
    let (site, broker) = (site, broker)
    try await serving([site], threads: 2, broker: broker) { port in
      let readers = try ["/places/a", "/places/both"].map { try FeedReader(transport, $0, port: port) }
      let first = try await site.a.publish("1")
      try await site.b.publish("1")
      broker.leave()
      broker.leave()
      // Who comes meanwhile is told after its welcome.
      let late = try FeedReader(transport, "/places/a", port: port)
      try late.read { !$0.events.isEmpty }
      #expect(late.events == [.status("degraded")])
      // Each of the others must have been told before it is over.
      for reader in readers { try reader.read { $0.events.last == .status("degraded") } }
      broker.comeBack()
      let last = try await site.a.publish("2")
      let cursor = site.cursor
      try readers[1].read { $0.cursor == cursor && $0.events.contains(.status("live")) }
      for reader in [readers[0], late] {
        try reader.read { $0.cursor == last.description && $0.events.contains(.status("live")) }
      }
      func told(_ reader: FeedReader) -> [Event] {
        reader.events.filter { if case .status = $0 { true } else { false } }
      }
      #expect(told(readers[0]) == [.status("degraded"), .status("live")])
      #expect(told(readers[1]) == [.status("degraded"), .status("live")])
      #expect(told(late) == [.status("degraded"), .status("live")])
      #expect(readers[0].events.prefix(2) == [.message(id: "\(first)", key: nil), .status("degraded")])
      for reader in readers + [late] { reader.close() }
    }
  }

  @Test(
    "the first to come while delivery is degraded hears of it and of its end",
    arguments: FeedReader.Transport.allCases)
  func firstWhileDegraded(transport: FeedReader.Transport) async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      try await site.a.publish("1")
      broker.leave()
      let reader = try FeedReader(transport, "/places/a", port: port)
      try reader.read { !$0.events.isEmpty }
      broker.comeBack()
      let last = try await site.a.publish("2")
      try reader.read { $0.cursor == last.description && $0.events.count > 2 }
      #expect(reader.events.first == .status("degraded") && reader.events.count == 3)
      #expect(reader.events.contains(.status("live")))
      reader.close()
    }
  }

  @Test("the status as it leaves, on streams and after a welcome")
  func statusBytes() async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      func open(_ query: String) throws -> RawClient {
        let client = try RawClient(port: port)
        client.send("GET /places/a?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try client.receive(until: "\r\n\r\n")
        return client
      }
      let plain = try open("transport=sse")
      let frames = try open("transport=sse&format=frames")
      _ = try plain.receiveChunk()
      _ = try frames.receiveChunk()
      try await site.a.publish("1")
      _ = try plain.receiveChunk()
      _ = try frames.receiveChunk()
      broker.leave()
      let status = #"{"type":"status","delivery":"degraded"}"#
      #expect(try plain.receiveChunk() == "event: halley.status\ndata: \(status)\n\n")
      #expect(try frames.receiveChunk() == "data: \(status)\n\n")
      let late = try open("transport=stream&cursor=last-1")
      let cursor = "\(site.a.log.top.epoch)-0"
      let welcome = #"{"type":"welcome","resume":"new","cursor":"\#(cursor)","replay":1,"heartbeat":15000}"#
      #expect(try late.receiveChunk() == "\(welcome)\n\(status)\n")
      let socket = try RawClient.webSocket("/places/a", port: port, subprotocol: "halley.v1")
      socket.sendFrame(#"{"type":"hello","cursor":"last-1"}"#)
      #expect(try socket.receiveText() == welcome)
      #expect(try socket.receiveText() == status)
      #expect(try socket.receiveText() == #"{"type":"message","id":"\#(site.a.log.top)","data":"1"}"#)
    }
  }

  @Test("polls say that delivery is degraded when they are answered, held or not, and stop when it is live")
  func statusOfPolls() async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      try await site.a.publish("1")
      let cursor = site.a.log.top
      func poll(_ query: String) -> String? {
        fetch("/places/a?cursor=\(cursor)&hold=0\(query)", port: port)
      }
      let empty = #"{"resume":"current","cursor":"\#(cursor)","messages":[],"more":false,"retry":0"#
      #expect(poll("")?.hasSuffix(empty + "}") == true)
      let held = try RawClient(port: port)
      held.send("GET /places/a?cursor=\(cursor) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try health(port).waiters >= 1 }
      broker.leave()
      #expect(poll("")?.hasSuffix(empty + #","delivery":"degraded"}"#) == true)
      #expect(poll("&callback=cb")?.hasSuffix(empty + #","delivery":"degraded"});"#) == true)
      #expect(
        poll("&transport=sse")?.hasSuffix(
          "event: halley.status\ndata: {\"type\":\"status\",\"delivery\":\"degraded\"}\n\n") == true)
      // A broker may have a last message all the same; the answer that was held since before says how it is now.
      let id = site.a.log.append(try MessageDraft(text: "2")).id
      let last = #""data":"2"}],"more":false,"retry":0,"delivery":"degraded"}"#
      #expect(try held.response()?.text.hasSuffix(last) == true)
      broker.comeBack()
      #expect(
        fetch("/places/a?cursor=\(id)&hold=0", port: port)?.hasSuffix(#""more":false,"retry":0}"#) == true)
      // A channel that a request names has the broker too, and hears of it when it is subscribed to.
      broker.leave()
      let room = try RawClient(port: port)
      room.send("GET /places/rooms/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try health(port).waiters >= 1 && broker.channelCount == 2 }
      #expect(fetch("/places/rooms/1?hold=0", port: port)?.hasSuffix(#","delivery":"degraded"}"#) == true)
    }
  }

  @Test(
    "back with other data: degraded, then the reset, then live, in this order",
    arguments: FeedReader.Transport.allCases)
  func comeBack(transport: FeedReader.Transport) async throws {
    let (site, broker) = (site, broker)
    try await serving([site], broker: broker) { port in
      let reader = try FeedReader(transport, "/places/both", port: port)
      try await site.a.publish("1")
      try await site.b.publish("1")
      broker.leave()
      try reader.read { $0.events.last == .status("degraded") }
      broker.comeBack { channel in
        LogBeginning(top: channel.name == "a" ? 7 : 9) ?? .empty
      }
      try reader.read { $0.events.last == .status("live") }
      #expect(
        reader.events.dropFirst(2).filter { if case .reset = $0 { false } else { true } }
          == [.status("degraded"), .status("live")])
      // Two channels, one or two turns.
      #expect((1...2).contains(resets(reader).count) && reader.cursor == site.cursor)
      reader.close()
    }
  }
}

/// Loses its data with every publish, just before it appends.
private final class RenewingBroker: Broker {
  func publish(
    _ draft: MessageDraft, to channel: Channel, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  ) {
    channel.log.restart(.empty)
    done(.success(channel.log.append(draft)))
  }

  func subscribe(_ channel: Channel) {}
  func unsubscribe(_ channel: Channel) {}
}
