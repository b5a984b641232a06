import HalleyProtocols
import Testing

@Suite("JSON strings") struct JSONStringTests {
  @Test(arguments: [
    ("", #""""#), ("a", #""a""#), ("\"\\", #""\"\\""#), ("\u{0}\u{1f}\u{7f}", "\"\\u0000\\u001F\u{7f}\""),
    ("\n\r\t\u{8}\u{c}", #""\n\r\t\b\f""#), ("\r\n", #""\r\n""#),
    ("\u{2027}\u{2028}\u{2029}\u{202a}", "\"\u{2027}\\u2028\\u2029\u{202a}\""),
    ("ä\u{1F600}</script>", "\"ä\u{1F600}</script>\""),
  ])
  func escapes(text: String, expected: String) {
    #expect(String(decoding: JSONString.encode(text), as: UTF8.self) == expected)
  }

  @Test func cutSequencesPassThrough() {
    #expect(JSONString.encode([0xE2]) == [0x22, 0xE2, 0x22])
    #expect(JSONString.encode([0xE2, 0x80]) == [0x22, 0xE2, 0x80, 0x22])
    #expect(JSONString.scriptSafe([0xE2, 0x80]) == [0xE2, 0x80])
  }
}
