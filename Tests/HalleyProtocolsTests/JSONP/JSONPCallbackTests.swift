import HalleyProtocols
import Testing

@Suite("JSONP callback") struct JSONPCallbackTests {
  @Test(arguments: ["cb", "$", "_", "jQuery123_456", "a.b", "a.b.c.d.e.f.g.h", "constructor", "parent.process"])
  func accepted(name: String) throws {
    let callback = try #require(JSONPCallback(Array(name.utf8)))
    #expect(JSONPBody.wrap(Array("{}".utf8), in: callback) == Array("/**/\(name)({});".utf8))
  }

  @Test(arguments: [
    "", "1a", "a b", "a*", "abc(", "abc%28", "alert(1)//", "a.", ".a", "a..b", "a.b.c.d.e.f.g.h.i", "a[0]", "a\n",
    "\u{e4}",
    "a;b", "CWS\u{7}\u{e}000000", "a-b",
  ])
  func refused(name: String) {
    #expect(JSONPCallback(Array(name.utf8)) == nil)
  }

  @Test func sixtyFourBytesAreTheMost() {
    #expect(JSONPCallback([UInt8](repeating: 0x61, count: 64)) != nil)
    #expect(JSONPCallback([UInt8](repeating: 0x61, count: 65)) == nil)
  }

  @Test func jsonCannotLeaveTheScript() throws {
    let callback = try #require(JSONPCallback(Array("cb".utf8)))
    let json = Array("\"</script>\u{2028}\u{2029}\"".utf8)
    let body = String(decoding: JSONPBody.wrap(json, in: callback), as: UTF8.self)
    #expect(body == #"/**/cb("\u003C/script\u003E\u2028\u2029");"#)
  }
}
