import HalleyTesting
import Testing

@testable import Halley
@testable import HalleyChannels

/// Two channels on one route, each with two messages.
private struct Feeds: Site {
  let a = Channel("a", history: .last(4))
  let b = Channel("b", history: .last(4))

  var routes: Routes {
    Route("/feed", a, b).websocket(inbound: .publish).sse().longPoll().stream().iframe().jsonp().publish()
    Route("/a", a).longPoll()
  }

  func fill() async throws {
    try await a.publish("a1")
    try await b.publish("b1", event: "e", key: "k")
    try await a.publish("a2")
    try await b.publish(bytes: [0])
  }

  func cursor(_ first: Int, _ second: Int) -> String {
    "\(a.log.top.epoch)-\(first).\(b.log.top.epoch)-\(second)"
  }

  /// Text with A and B in place of the epochs.
  func plain(_ text: String) -> String {
    text.split(separator: "\(a.log.top.epoch)", omittingEmptySubsequences: false).joined(separator: "A")
      .split(separator: "\(b.log.top.epoch)", omittingEmptySubsequences: false).joined(separator: "B")
  }
}

@Suite("Several channels on one route", .timeLimit(.minutes(1)))
struct SeveralChannelsTests {
  private let site = Feeds()

  private func body(_ path: String, _ port: Int, method: String = "GET", _ body: String = "") -> String? {
    fetch(path, port: port, method: method, body: body)?.components(after: "\r\n\r\n").map(site.plain)
  }

  @Test("a poll answers for each channel by itself and with the joined cursor")
  func poll() async throws {
    try await site.fill()
    let site = site
    try await serving([site]) { port in
      let both = body("/feeds/feed?hold=0&cursor=\(site.cursor(1, 1))", port)
      let a2 = #"{"id":"A-2","data":"a2","channel":"a"}"#
      let b2 = #"{"id":"B-2","data":"AA==","channel":"b","encoding":"base64"}"#
      #expect(
        both == #"{"resume":"resumed","cursor":"A-2.B-2","messages":[\#(a2),\#(b2)],"more":false,"retry":0}"#
          || both == #"{"resume":"resumed","cursor":"A-2.B-2","messages":[\#(b2),\#(a2)],"more":false,"retry":0}"#)
      // The order of entries is irrelevant, and of doubled ones the first counts.
      let turned = "\(site.b.log.top).\(site.a.log.top)"
      #expect(
        body("/feeds/feed?hold=0&cursor=\(turned)", port)
          == #"{"resume":"current","cursor":"A-2.B-2","messages":[],"more":false,"retry":0}"#)
      // One channel alone: the other is reset, the first goes on with the next request.
      #expect(
        body("/feeds/feed?cursor=\(site.a.log.top.epoch)-1", port)
          == #"{"resume":"reset","reason":"epoch","channels":["b"],"cursor":"A-1.B-2","messages":[],"more":true,"retry":0}"#
      )
      #expect(
        body("/feeds/feed?cursor=nonsense", port)
          == #"{"resume":"reset","reason":"unknown","channels":["a","b"],"cursor":"A-2.B-2","messages":[],"#
          + #""more":false,"retry":0}"#)
      let many = [String](repeating: "\(site.a.log.top)", count: 17).joined(separator: ".")
      #expect(body("/feeds/feed?cursor=\(many)", port)?.contains(#""reason":"unknown""#) == true)
      // A joined cursor also does for a route with one of the channels.
      #expect(
        body("/feeds/a?hold=0&cursor=\(turned)", port)
          == #"{"resume":"current","cursor":"A-2","messages":[],"more":false,"retry":0}"#)
      #expect(
        body("/feeds/feed?hold=0&callback=cb&cursor=\(turned)", port)
          == #"/**/cb({"resume":"current","cursor":"A-2.B-2","messages":[],"more":false,"retry":0});"#)
    }
  }

  @Test("a held poll is answered by any of the channels")
  func held() async throws {
    try await site.fill()
    let site = site
    try await serving([site]) { port in
      let client = try RawClient(port: port)
      client.send("GET /feeds/feed?cursor=\(site.cursor(2, 2)) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      // Published until it arrives: whether before or after the poll is held makes no difference to the answer.
      try await site.b.publish("b3")
      let answer = try client.response().map { site.plain(String(decoding: $0.body, as: UTF8.self)) }
      #expect(
        answer?.hasSuffix(
          #""cursor":"A-2.B-3","messages":[{"id":"B-3","data":"b3","channel":"b"}],"more":false,"retry":0}"#) == true)
    }
  }

  @Test("halley.v1 and streams: replay and live messages carry channel and joined cursor")
  func frames() async throws {
    try await site.fill()
    let site = site
    try await serving([site]) { port in
      let socket = try RawClient.webSocket("/feeds/feed", port: port, subprotocol: "halley.v1")
      socket.sendFrame(#"{"type":"hello","cursor":"\#(site.cursor(2, 1))"}"#)
      #expect(
        site.plain(try socket.receiveText()).hasPrefix(
          #"{"type":"welcome","resume":"resumed","cursor":"A-2.B-1","replay":1,"#))
      #expect(
        site.plain(try socket.receiveText())
          == #"{"type":"message","id":"B-2","data":"AA==","channel":"b","encoding":"base64","cursor":"A-2.B-2"}"#)

      let lines = try RawClient(port: port)
      lines.send(
        "GET /feeds/feed?transport=stream&cursor=\(site.cursor(2, 3)) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = try lines.receive(until: "\r\n\r\n")
      let first = site.plain(try lines.receiveChunk())
      #expect(first.hasPrefix(#"{"type":"reset","reason":"unknown","cursor":"A-2.B-2","heartbeat":"#))
      #expect(first.hasSuffix(#","channels":["b"]}"# + "\n"))

      socket.sendFrame(#"{"type":"publish","ref":"1","data":1}"#)
      #expect(try socket.receiveText() == #"{"type":"error","ref":"1","error":"channel"}"#)
      socket.sendFrame(#"{"type":"publish","ref":"2","data":1,"channel":"c"}"#)
      #expect(try socket.receiveText() == #"{"type":"error","ref":"2","error":"channel"}"#)
      socket.sendFrame(#"{"type":"publish","ref":"3","data":1,"channel":"a","key":"k","event":"e"}"#)
      let message =
        #"{"type":"message","id":"A-3","data":1,"event":"e","key":"k","channel":"a","cursor":"A-3.B-2"}"#
      let two = [site.plain(try socket.receiveText()), site.plain(try socket.receiveText())]
      #expect(two.contains(message))
      #expect(two.contains(#"{"type":"ack","ref":"3","id":"A-3"}"#))
      #expect(site.plain(try lines.receiveChunk()) == message + "\n")
    }
  }

  @Test("event streams: the id is the joined cursor, in both formats")
  func eventStreams() async throws {
    try await site.fill()
    let site = site
    try await serving([site]) { port in
      for (query, data) in [
        ("", "b1"),
        (
          "&format=frames",
          #"{"type":"message","id":"B-1","data":"b1","event":"e","key":"k","channel":"b","cursor":"A-2.B-1"}"#
        ),
      ] {
        let client = try RawClient(port: port)
        client.send(
          "GET /feeds/feed?transport=sse\(query)&cursor=\(site.cursor(2, 0)) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try client.receive(until: "\r\n\r\n")
        #expect(site.plain(try client.receiveChunk()).contains("\nid: A-2.B-0\n"))
        let event = query.isEmpty ? "event: e\n" : ""
        #expect(site.plain(try client.receiveChunk()) == "id: A-2.B-1\n\(event)data: \(data)\n\n")
      }
    }
  }

  @Test("iframes: one call a frame, with channel and joined cursor; a reset names its channels")
  func iframe() async throws {
    try await site.fill()
    let site = site
    try await serving([site]) { port in
      func open(_ cursor: String) throws -> RawClient {
        let client = try RawClient(port: port)
        client.send(
          "GET /feeds/feed?transport=iframe&callback=cb&cursor=\(cursor) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try client.receive(until: "\r\n\r\n")
        #expect(try client.receiveChunk().utf8.count == 1025)
        return client
      }
      func call(_ json: String) -> String { "<script>cb(\(json));</script>\n" }
      let resumed = try open(site.cursor(2, 1))
      #expect(
        site.plain(try resumed.receiveChunk())
          == call(#"{"type":"welcome","resume":"resumed","cursor":"A-2.B-1","replay":1,"heartbeat":15000}"#))
      #expect(
        site.plain(try resumed.receiveChunk())
          == call(
            #"{"type":"message","id":"B-2","data":"AA==","channel":"b","encoding":"base64","cursor":"A-2.B-2"}"#))
      let reset = try open("\(site.b.log.top)")
      #expect(
        site.plain(try reset.receiveChunk())
          == call(
            #"{"type":"reset","reason":"epoch","cursor":"A-2.B-2","heartbeat":15000,"channels":["a"]}"#))
      try await site.b.publish("</script>", event: "e", key: "<")
      for client in [resumed, reset] {
        #expect(
          site.plain(try client.receiveChunk())
            == call(
              #"{"type":"message","id":"B-3","data":"\u003C/script\u003E","event":"e","key":"\u003C","#
                + #""channel":"b","cursor":"A-2.B-3"}"#))
      }
      try await site.a.publish("a3")
      for client in [resumed, reset] {
        #expect(
          site.plain(try client.receiveChunk())
            == call(#"{"type":"message","id":"A-3","data":"a3","channel":"a","cursor":"A-3.B-3"}"#))
      }
    }
  }

  @Test("who publishes says to which channel")
  func publishing() async throws {
    let site = site
    try await serving([site]) { port in
      #expect(fetch("/feeds/feed", port: port, method: "POST", body: "x")?.hasPrefix("HTTP/1.1 400 ") == true)
      #expect(
        fetch("/feeds/feed?channel=c", port: port, method: "POST", body: "x")?.hasPrefix("HTTP/1.1 400 ") == true)
      #expect(body("/feeds/feed?channel=b", port, method: "POST", "x") == #"{"id":"B-1"}"#)
      // Raw frames have no place for the name.
      let raw = try RawClient.webSocket("/feeds/feed", port: port)
      raw.sendFrame("x")
      let close = try raw.receiveFrame()
      #expect(close.first == 0x88)
      #expect(close.payload.prefix(2) == [0x03, 0xF0])
    }
    #expect(site.a.log.top.offset == 0)
  }

  @Test("what cannot be a set stops the start")
  func mistakes() throws {
    let channels = (0...16).map { Channel("c\($0)") }
    let (a, b) = (Channel("same"), Channel("same"))
    func lines(_ route: Route) throws -> [String] { try HalleyTests.mistakes([Sample { route.sse() }]) }
    let c = channels
    let tooMany = Route(
      "/x", c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13], c[14], c[15], c[16])
    #expect(try lines(tooMany).contains { $0.hasSuffix("has 17 channels; a subscription holds at most 16") })
    #expect(try lines(Route("/x", a, a)).contains { $0.hasSuffix("names channel 'same' twice; remove one of them") })
    #expect(try lines(Route("/x", a, b)).contains { $0.contains("another channel named 'same'") })
  }

  @Test("each channel of a set keeps the history it states, unless the operator says otherwise")
  func histories() throws {
    let (a, b) = (Channel("a", history: .last(3)), Channel("b", history: .last(7, age: .seconds(9))))
    let site = Sample { Route("/x", a, b).sse() }
    for (arguments, expected) in [([], (3, 7)), (["--history-messages", "5"], (5, 5))] as [([String], (Int, Int))] {
      let book = ChannelLimitBook(try plan([site], sources: SettingSources(arguments: arguments)))
      for channel in [a, b] { book.apply(to: channel) }
      #expect(a.log.limits.historyMessages == expected.0)
      #expect(b.log.limits.historyMessages == expected.1)
      #expect(b.log.limits.historyAge == 9_000)
    }
  }
}

extension String {
  /// What follows the first occurrence of a separator.
  fileprivate func components(after separator: String) -> String? {
    let (text, wanted) = (Array(utf8), Array(separator.utf8))
    for start in 0..<max(0, text.count - wanted.count + 1) where text[start...].starts(with: wanted) {
      return String(decoding: text[(start + wanted.count)...], as: UTF8.self)
    }
    return nil
  }
}
