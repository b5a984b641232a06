import Testing

@testable import HalleyProtocols

/// Delivery contract §7.5.
@Suite("Scripts of a forever-iframe")
struct ScriptCallTests {
  private func callback(_ name: String) throws -> ScriptCall {
    .callback(try #require(JSONPCallback(Array(name.utf8))))
  }
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("The head is one line of 1024 bytes")
  func head() {
    let head = ScriptCall.pageHead
    #expect(head.count == 1025)
    #expect(head.firstIndex(of: 0x0A) == 1024)
    #expect(text(head).hasPrefix(#"<!doctype html><meta charset="utf-8"><title>stream</title>  "#))
  }

  @Test("The document's example")
  func example() throws {
    let call = try callback("parent.process")
    let frame = JSONString.scriptSafe(
      Array(#"{"type":"message","id":"kQ3fZx9a-43","data":"a </script> b"}"#.utf8))
    #expect(
      text(call.script(around: frame)) == #"<script>parent.process({"type":"message","id":"kQ3fZx9a-43","#
        + #""data":"a \u003C/script\u003E b"});</script>"# + "\n")
    #expect(call.framePolicy.value == "frame-ancestors 'self'")
  }

  @Test(
    "Another origin is named exactly, in the call and in the policy",
    arguments: [
      ("https://page.example", "https://page.example"), ("HTTPS://Page.Example:443", "https://page.example"),
      ("http://localhost:8081", "http://localhost:8081"), ("http://[::1]:81", "http://[::1]:81"),
    ])
  func message(origin: String, named: String) throws {
    let call = ScriptCall.message(try #require(Origin(origin)))
    #expect(text(call.script(around: Array("{}".utf8))) == "<script>parent.postMessage({},\"\(named)\");</script>\n")
    #expect(call.framePolicy.value == "frame-ancestors \(named)")
  }

  @Test("An origin that could end its string or its policy is none")
  func origins() {
    for text in [
      "https://a\"b", "https://a;script-src", "https://a'b", "https://a b", "https://a,b", "https://a\\b", "https://a/",
      "https://a<b", "https://*", "https://\u{2028}",
    ] { #expect(Origin(text) == nil, "\(text)") }
  }

  @Test("Nothing in a frame ends its script, wherever it is cut")
  func escaping() {
    let nasty = Array("</script><!--<script>]]>\u{2028}\u{2029}\u{2027}\u{202A}\u{00E2}é&\"".utf8)
    for from in 0..<nasty.count {
      for end in from...nasty.count {
        let frame = JSONString.scriptSafe(JSONString.encode(Array(nasty[from..<end])))
        #expect(!frame.contains(0x3C) && !frame.contains(0x3E))
        let separators = frame.indices.contains { at in
          frame[at] == 0xE2 && at + 2 < frame.count && frame[at + 1] == 0x80 && frame[at + 2] | 1 == 0xA9
        }
        #expect(!separators)
      }
    }
  }
}
