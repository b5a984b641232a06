import HalleyProtocols
import Testing

@Suite("JSON text (RFC 8259)") struct JSONTextTests {
  private func minified(_ text: String) -> String? {
    JSONText.minify(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: [
    (" { \"a\" : 1.0 , \"b\":[ ] }\n", #"{"a":1.0,"b":[]}"#), ("0", "0"), ("-0", "-0"), ("1E+2", "1E+2"),
    ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
    (" \"a b\\u00e4\\n\" ", #""a b\u00e4\n""#),
    ("[1,2 , [3]]", "[1,2,[3]]"), ("true", "true"), ("null", "null"), ("{}", "{}"), (#""\ud800""#, #""\ud800""#),
    ("\"\u{1F600}\"", "\"\u{1F600}\""),
  ])
  func accepted(text: String, expected: String) {
    #expect(minified(text) == expected)
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "{\"a\":1,}", "{a:1}", "01", "+1", "1.", ".5", "1e", "--1", "tru", "nul", "'a'", "\"a",
    "\"\\x\"", "\"\\u12g4\"", "\"\\u12", "\"a\nb\"", "1 2", "[1}", "{\"a\"}", "NaN", "\u{FEFF}1", "[", "\"\\", "[,1]",
  ])
  func refused(text: String) {
    #expect(minified(text) == nil)
  }

  @Test func invalidUTF8IsRefused() {
    #expect(JSONText.minify([0x22, 0xFF, 0x22]) == nil)
    #expect(JSONText.minify([0x22, 0xC3, 0x22]) == nil)
  }

  @Test func nestingIsBounded() {
    let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(minified(deepest) == deepest)
    #expect(minified("[" + deepest + "]") == nil)
    #expect(minified(String(repeating: "[", count: 100_000)) == nil)
  }

  @Test func membersKeepTheirValuesAsTheyStand() throws {
    let minified = try #require(JSONText.minify(Array(#"{"a":{"x":"},{"},"b\u0062":[1,",]"],"c":"\"","d":null}"#.utf8)))
    let members = try #require(JSONText.members(minified))
    let shown = members.map { (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)) }
    #expect(shown.map(\.0) == ["a", "bb", "c", "d"])
    #expect(shown.map(\.1) == [#"{"x":"},{"}"#, #"[1,",]"]"#, #""\"""#, "null"])
    #expect(try #require(JSONText.members(Array("{}".utf8))).isEmpty)
    #expect(JSONText.members(Array("[1]".utf8)) == nil)
  }

  @Test(arguments: [
    (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e4\ud83d\ude00""#, "ä\u{1F600}"),
    (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
  ])
  func strings(literal: String, expected: String) {
    #expect(JSONText.string(Array(literal.utf8)[...]).map { String(decoding: $0, as: UTF8.self) } == expected)
  }
}

@Suite("Base64") struct Base64Tests {
  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("\0\0\0", "AAAA")])
  func vectors(plain: String, text: String) {
    #expect(Base64.encode(Array(plain.utf8)) == Array(text.utf8))
    #expect(Base64.decode(Array(text.utf8)) == Array(plain.utf8))
  }

  @Test(arguments: ["A", "AA", "AAA", "A===", "====", "AA=A", "AA-A", "AB==", "AAB=", "AAAA\n"])
  func refused(text: String) {
    #expect(Base64.decode(Array(text.utf8)) == nil)
  }
}

@Suite("Client frames") struct ClientFrameTests {
  private func frame(_ text: String) -> ClientFrame? { ClientFrame(Array(text.utf8)) }

  @Test func greetings() {
    #expect(frame(#"{"type":"hello"}"#) == .hello(cursor: nil))
    #expect(frame(#"{ "cursor":"kQ3fZx9a-41", "type":"hello", "x":[1] }"#) == .hello(cursor: Array("kQ3fZx9a-41".utf8)))
  }

  @Test func publish() {
    let text = #"{"type":"publish","ref":"7","data":{ "a": 1 },"event":"e","key":"k","idempotencyKey":"i"}"#
    guard case .publish(let publish) = frame(text) else {
      Issue.record("not a publish")
      return
    }
    #expect(publish.ref == Array("7".utf8))
    #expect(publish.data == Array(#"{"a":1}"#.utf8))
    #expect([publish.event, publish.key, publish.idempotencyKey] == ["e", "k", "i"])
    #expect(!publish.isBase64)
  }

  @Test(arguments: [#"{"type":"token","token":"t"}"#, #"{"type":"token"}"#, #"{"token":1,"type":"token"}"#])
  func tokens(text: String) {
    #expect(frame(text) == .token)
  }

  @Test func otherTypesAreUnknown() {
    #expect(frame(#"{"type":"dance"}"#) == .unknown)
  }

  @Test(arguments: [
    "", "[]", "1", "{}", #"{"type":1}"#, #"{"type":"hello","cursor":1}"#, #"{"type":"publish"}"#,
    #"{"type":"publish","data":1,"ref":7}"#, #"{"type":"hello"} x"#,
  ])
  func malformed(text: String) {
    #expect(frame(text) == nil)
  }

  @Test func refIsAtMost64Bytes() {
    let ref = String(repeating: "a", count: 65)
    #expect(frame(#"{"type":"publish","data":1,"ref":"\#(ref)"}"#) == nil)
    #expect(frame(#"{"type":"publish","data":1,"ref":"\#(ref.dropLast())"}"#) != nil)
  }
}
