import HalleyProtocols
import Testing

@Suite("Event streams as a browser reads them (WHATWG HTML §9.2)")
struct EventStreamParserTests {
  func events(_ pieces: [ArraySlice<UInt8>]) throws -> (events: [ServerSentEvent], parser: EventStreamParser) {
    var parser = EventStreamParser()
    var events: [ServerSentEvent] = []
    for piece in pieces { events += try parser.feed(piece) }
    return (events, parser)
  }

  @Test(arguments: [
    ("data: a\n\n", ["message|a|"]), ("data:a\n\n", ["message|a|"]), ("data:  a\n\n", ["message| a|"]),
    ("data: a\r\rdata: b\n\n", ["message|a|", "message|b|"]), ("data: a\r\n\r\n", ["message|a|"]),
    ("data: a\r\n\ndata: b\n\r\n", ["message|a|", "message|b|"]), ("data: a\ndata: b\n\n", ["message|a\nb|"]),
    ("data\n\n", ["message||"]), ("data:\n\n", ["message||"]), ("data\ndata\n\n", ["message|\n|"]),
    ("data: a\n", []), ("data: a", []), ("\n\n\n", []), (": comment\n\n", []),
    ("event: x\n\ndata: a\n\n", ["message|a|"]),
    ("event: x\ndata: a\n\ndata: b\n\n", ["x|a|", "message|b|"]), ("id: 1\n\ndata: a\n\n", ["message|a|1"]),
    ("id: 1\ndata: a\n\ndata: b\n\n", ["message|a|1", "message|b|1"]),
    ("id: 1\ndata: a\n\nid\ndata: b\n\n", ["message|a|1", "message|b|"]),
    ("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", ["message|a|1", "message|b|1"]),
    ("\u{FEFF}data: a\n\n", ["message|a|"]), ("\u{FEFF}\u{FEFF}data: a\n\n", []),
    ("data: a\n\n\u{FEFF}data: b\n\n", ["message|a|"]),
    (" data: a\n\n", []), ("Data: a\n\n", []), ("data : a\n\n", []), ("data: a:b: c\n\n", ["message|a:b: c|"]),
    ("data: ä\u{2028}\u{85}b\u{0B}\n\n", ["message|ä\u{2028}\u{85}b\u{0B}|"]), ("event: \ndata: a\n\n", ["message|a|"]),
    ("data: a\nevent: x\nid: 9\nretry: 5\nunknown: z\n\n", ["x|a|9"]),
  ])
  func dispatches(stream: String, expected: [String]) throws {
    for pieces in everyCut(Array(stream.utf8)) {
      let found = try events(pieces).events.map { "\($0.event)|\($0.data)|\($0.lastEventID)" }
      #expect(found == expected)
    }
  }

  @Test(
    arguments: [
      ("retry: 3000\n", 3000), ("retry:0\n", 0), ("retry: 1\nretry: x\n", 1), ("retry: -1\n", nil),
      ("retry: 1.5\n", nil),
      ("retry:\n", nil), ("retry: +1\n", nil), ("retry: 99999999999999999999\n", nil), ("retry: 5", nil),
    ] as [(String, Int?)])
  func readsReconnectionTimes(stream: String, expected: Int?) throws {
    #expect(try events([Array(stream.utf8)[...]]).parser.reconnectionTime == expected)
  }

  @Test func idSticksWithoutData() throws {
    var parser = EventStreamParser(lastEventID: "old")
    _ = try parser.feed("id: new\n".utf8)
    #expect(parser.lastEventID == "old")
    _ = try parser.feed("\n:\n:\n".utf8)
    #expect(parser.lastEventID == "new" && parser.comments == 2)
  }

  @Test func replacesBytesThatAreNotUTF8() throws {
    var parser = EventStreamParser()
    #expect(try parser.feed(Array("data: ".utf8) + [0xFF, 0xE2, 0x0A, 0x0A]).map(\.data) == ["\u{FFFD}\u{FFFD}"])
  }

  @Test func isBounded() throws {
    var parser = EventStreamParser(maxBytes: 10)
    #expect(throws: EventStreamParser.TooLong.self) { try parser.feed("data: 12345".utf8) }
    parser = EventStreamParser(maxBytes: 10)
    #expect(throws: EventStreamParser.TooLong.self) { try parser.feed("data:1234\ndata:1234\ndata:1".utf8 + [0x0A]) }
  }

  /// What the encoder writes, whatever the strings, is exactly one event with exactly these fields.
  @Test func readsWhatTheEncoderWrites() throws {
    var random = SeededGenerator(seed: 2024)
    let pool: [Character] = ["\r", "\n", "\r\n", "\0", ":", " ", "a", "ä", "\u{2028}", "\u{FEFF}", "d", "i"]
    func text() -> String {
      String(
        (0..<Int.random(in: 0..<12, using: &random)).map { _ in pool[Int.random(in: 0..<pool.count, using: &random)] })
    }
    func withoutBreaks(_ text: String) -> String {
      String(decoding: text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }, as: UTF8.self)
    }
    func withLineFeeds(_ text: String) -> String {
      var out: [UInt8] = []
      var previous: UInt8 = 0
      for byte in text.utf8 {
        // The LF of a CRLF was written when the CR came.
        if byte != 0x0A || previous != 0x0D { out.append(byte == 0x0D ? 0x0A : byte) }
        previous = byte
      }
      return String(decoding: out, as: UTF8.self)
    }
    for _ in 0..<20_000 {
      let (id, event, data) = (text(), text(), text())
      let bytes = EventStreamEncoder.block(retry: 7, id: id, event: event, data: Array(data.utf8))
      var parser = EventStreamParser()
      let name = withoutBreaks(event)
      let expected = ServerSentEvent(
        event: name.isEmpty ? "message" : name, data: withLineFeeds(data), lastEventID: withoutBreaks(id))
      #expect(try parser.feed(bytes) == [expected])
      #expect(parser.reconnectionTime == 7)
    }
  }
}
