import HalleyProtocols
import Testing

@Suite("Dates (RFC 9110 §5.6.7)")
struct HTTPDateTests {
  @Test(
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
      (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] as [(Int64, String)])
  func writesAndReads(seconds: Int64, text: String) {
    #expect(HTTPDate.text(seconds) == text)
    #expect(HTTPDate.parse(text) == seconds)
  }

  @Test func keepsWithinTheFormat() {
    #expect(HTTPDate.text(.min) == "Thu, 01 Jan 1970 00:00:00 GMT")
    #expect(HTTPDate.text(.max) == "Fri, 31 Dec 9999 23:59:59 GMT")
    var date = HTTPDate()
    date.advance(to: 784_111_777)
    date.advance(to: 784_111_777)
    #expect(date.bytes.count == HTTPDate.count)
    #expect(String(decoding: date.bytes, as: UTF8.self) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }

  @Test func writesWhatItReads() {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<2_000 {
      let seconds = Int64.random(in: 0...253_402_300_799, using: &random)
      #expect(HTTPDate.parse(HTTPDate.text(seconds)) == seconds)
    }
  }

  @Test(
    arguments: [
      ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777), ("Sun Nov  6 08:49:37 1994", 784_111_777),
      ("Wed Nov 16 08:49:37 1994", 784_975_777), ("Wednesday, 01-Jan-70 00:00:00 GMT", 0),
      ("Thursday, 01-Jan-69 00:00:00 GMT", 3_124_224_000), ("Sun, 06 Nov 1994 08:49:60 GMT", 784_111_800),
      ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
    ] as [(String, Int64)])
  func readsTheOldFormats(text: String, seconds: Int64) { #expect(HTTPDate.parse(text) == seconds) }

  @Test(arguments: [
    "", "0", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 2100 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMTx", "Sun, +6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
    "Sunday,06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94",
    "Sun,\t06 Nov 1994 08:49:37 GMT",
    "Wednesday, 01-Jan-70 00:00:00 GMT;length=1", "Sun, 06 Nov 1994 08.49.37 GMT", "Süü, 06 Nov 1994 08:49:37 GM",
  ])
  func ignoresAnythingElse(text: String) { #expect(HTTPDate.parse(text) == nil) }

  @Test func survivesEveryTruncation() {
    for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
      for count in 0..<text.utf8.count { #expect(HTTPDate.parse(String(text.prefix(count))) == nil) }
    }
  }
}
