import HalleyChannels
import HalleyTesting
import Testing

@testable import Halley

/// What the first frame of `halley.v1` and the handshake before it say, and the frames that say nothing to this server.
@Suite("Greeting and tokens (delivery contract §3 R6, §6)", .timeLimit(.minutes(1)))
struct GreetingTests {
  private struct Greeted: Site {
    let news = Channel("news")
    var routes: Routes {
      Route("/news", news).websocket(inbound: .publish, maxMessage: .kibibytes(1))
      Route("/old", news, start: .oldest).websocket()
    }
  }

  private let site = Greeted()

  /// Greets, with a cursor or none, and compares the welcome without what differs from run to run.
  private func check(
    _ welcome: String, _ port: Int, _ path: String, _ fields: String = "", cursor: String? = nil,
    _ location: Testing.SourceLocation = #_sourceLocation
  ) throws {
    let client = try RawClient(port: port)
    client.send(
      "GET /greeted/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + "Sec-WebSocket-Protocol: halley.v1\r\n\(fields)\r\n")
    #expect(String(decoding: try client.receive(until: "\r\n\r\n"), as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
    client.sendFrame(cursor.map { #"{"type":"hello","cursor":"\#($0)"}"# } ?? #"{"type":"hello"}"#)
    let epoch = site.news.log.top.epoch.description
    let frame = try client.receiveText().split(separator: epoch).joined(separator: "E")
    #expect(frame == welcome + #","heartbeat":15000}"#, sourceLocation: location)
  }

  @Test("Last-Event-ID goes before the query's cursor, by name too, and that before the greeting's; empty is absent")
  func precedence() async throws {
    for number in 1...3 { try await site.news.publish("\(number)") }
    let site = site
    try await serving([site]) { port in
      let epoch = site.news.log.top.epoch.description
      let all = #"{"type":"welcome","resume":"new","cursor":"E-0","replay":3"#
      let last = #"{"type":"welcome","resume":"new","cursor":"E-2","replay":1"#
      let none = #"{"type":"welcome","resume":"new","cursor":"E-3","replay":0"#
      let current = #"{"type":"welcome","resume":"current","cursor":"E-3""#
      let resumed = #"{"type":"welcome","resume":"resumed","cursor":"E-1","replay":2"#
      // The query by name, over a cursor and over another name.
      try check(all, port, "news?cursor=oldest", cursor: "\(epoch)-3")
      try check(last, port, "news?cursor=last-1", cursor: "\(epoch)-1")
      try check(none, port, "news?cursor=latest", cursor: "oldest")
      try check(last, port, "news?lastEventId=last-1", cursor: "\(epoch)-3")
      // The query's cursor.
      try check(resumed, port, "news?cursor=\(epoch)-1", cursor: "\(epoch)-3")
      // The field before both.
      try check(current, port, "news?cursor=oldest", "Last-Event-ID: \(epoch)-3\r\n", cursor: "\(epoch)-1")
      // None, or an empty one: the greeting's, and without that the route's start.
      try check(current, port, "news", cursor: "\(epoch)-3")
      try check(resumed, port, "news?cursor=", "Last-Event-ID: \r\n", cursor: "\(epoch)-1")
      try check(none, port, "news?cursor=", cursor: "")
      try check(all, port, "old", cursor: "")
      try check(all, port, "old")
      try check(none, port, "old", cursor: "latest")
      try check(last, port, "old?cursor=last-1")
    }
  }

  @Test("Tokens, in the greeting and later, are taken without a word, whatever they are")
  func tokens() async throws {
    let site = site
    try await serving([site]) { port in
      let client = try RawClient.webSocket("/greeted/news", port: port, subprotocol: "halley.v1")
      client.sendFrame(#"{"type":"hello","token":"secret"}"#)
      #expect(try client.receiveText().hasPrefix(#"{"type":"welcome","resume":"new","#))
      client.sendFrame(#"{"type":"token","token":"secret"}"#)
      client.sendFrame(#"{"type":"token"}"#)
      client.sendFrame(#"{"type":"token","token":{"no":["text"]}}"#)
      client.sendFrame(#"{"type":"else"}"#)
      #expect(try client.receiveText() == #"{"type":"error","error":"type"}"#)
      // No lease ends: messages go on.
      let id = try await site.news.publish("on")
      #expect(try client.receiveText() == #"{"type":"message","id":"\#(id)","data":"on"}"#)
    }
  }

  @Test("A token is no greeting, and none is larger than a message may be")
  func limits() async throws {
    try await serving([site]) { port in
      let first = try RawClient.webSocket("/greeted/news", port: port, subprotocol: "halley.v1")
      first.sendFrame(#"{"type":"token","token":"secret"}"#)
      #expect(try first.receiveFrame().payload.prefix(2) == [0x0F, 0xA2], "4002")
      let large = try RawClient.webSocket("/greeted/news", port: port, subprotocol: "halley.v1")
      large.sendFrame(#"{"type":"hello","token":"\#(String(repeating: "t", count: 1_100))"}"#)
      #expect(try large.receiveFrame().payload == [0x03, 0xF1], "1009")
    }
  }
}
