import HalleyProtocols
import Testing

@Suite("Conditional requests and ranges (RFC 9110 §13, §14)")
struct ConditionalTests {
  static let modified: Int64 = 784_111_777
  static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
  static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
  static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

  func evaluate(
    _ fields: [String: String], method: HTTPMethod = .get, tag: EntityTag? = EntityTag("a,b"),
    lastModified: Int64? = modified
  ) -> Preconditions.Outcome {
    Preconditions.evaluate(method: method, tag: tag, lastModified: lastModified) { fields[$0] }
  }

  @Test(
    arguments: [
      ([:], .passed), (["if-match": #""a,b""#], .passed), (["if-match": #""x", "a,b""#], .passed),
      (["if-match": "*"], .passed), (["if-match": #"W/"a,b""#], .failed), (["if-match": #""x""#], .failed),
      (["if-match": "a,b"], .failed), (["if-match": ""], .failed),
      (["if-match": #""a,b""#, "if-unmodified-since": before], .passed), (["if-unmodified-since": before], .failed),
      (["if-unmodified-since": date], .passed), (["if-unmodified-since": "yesterday"], .passed),
      (["if-none-match": #""a,b""#], .notModified), (["if-none-match": #"W/"a,b""#], .notModified),
      (["if-none-match": " * "], .notModified), (["if-none-match": #"W/"x",, "a,b" "#], .notModified),
      (["if-none-match": #""x""#], .passed), (["if-none-match": #""x""#, "if-modified-since": after], .passed),
      (["if-none-match": #""a""#], .passed), (["if-none-match": #""a,b"#], .passed),
      (["if-modified-since": date], .notModified), (["if-modified-since": after], .notModified),
      (["if-modified-since": before], .passed), (["if-modified-since": "x"], .passed),
      (["if-match": #""x""#, "if-none-match": "*"], .failed),
      (["if-match": "*", "if-none-match": #""a,b""#], .notModified),
    ] as [([String: String], Preconditions.Outcome)])
  func inTheOrderOfTheStandard(fields: [String: String], expected: Preconditions.Outcome) {
    #expect(evaluate(fields) == expected)
    #expect(evaluate(fields, method: .head) == expected)
  }

  @Test func writesOnlyFail() {
    #expect(evaluate(["if-none-match": "*"], method: .put) == .failed)
    #expect(evaluate(["if-modified-since": Self.after], method: .put) == .passed)
    #expect(evaluate(["if-match": #""a,b""#], method: .delete) == .passed)
  }

  @Test func withoutValidators() {
    #expect(evaluate(["if-match": #""a,b""#], tag: nil) == .failed)
    #expect(evaluate(["if-none-match": #""a,b""#], tag: nil) == .passed)
    #expect(evaluate(["if-modified-since": Self.after], lastModified: nil) == .passed)
    #expect(evaluate(["if-unmodified-since": Self.before], lastModified: nil) == .passed)
  }

  func select(_ range: String?, size: Int = 1000, ifRange: String? = nil, method: HTTPMethod = .get) -> RangeSelection {
    RangeSelection(method: method, size: size, tag: EntityTag("t"), lastModified: Self.modified) {
      $0 == "range" ? range : $0 == "if-range" ? ifRange : nil
    }
  }

  @Test(
    arguments: [
      ("bytes=0-0", .parts([0..<1])), ("bytes=5-", .parts([5..<1000])), ("bytes=-5", .parts([995..<1000])),
      ("bytes=0-999999", .parts([0..<1000])), ("bytes=-5000", .parts([0..<1000])), ("BYTES=1-2", .parts([1..<3])),
      ("bytes=999-", .parts([999..<1000])), ("bytes=1000-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
      ("bytes=9-5", .whole), ("bytes=abc", .whole), ("bytes=", .whole), ("bytes=,", .whole), ("bytes=-", .whole),
      ("bytes=1", .whole), ("bytes=+1-2", .whole), ("bytes=1-2x", .whole), ("bytes=1--2", .whole),
      ("bytes= 1-2 ", .parts([1..<3])),
      ("lines=0-1", .whole), ("bytes", .whole), ("", .whole), ("bytes=0 - 1", .whole),
      ("bytes=9223372036854775807-", .unsatisfiable), ("bytes=9223372036854775808-9223372036854775809", .unsatisfiable),
      ("bytes=0-18446744073709551616", .parts([0..<1000])), ("bytes=-99999999999999999999", .parts([0..<1000])),
      ("bytes=0-1,10-11", .parts([0..<2, 10..<12])), ("bytes=10-11 ,, 0-1,", .parts([10..<12, 0..<2])),
      ("bytes=0-1,5000-", .parts([0..<2])), ("bytes=5000-,-0", .unsatisfiable), ("bytes=0-1,x", .whole),
      ("bytes=0-9,5-14", .parts([0..<10, 5..<15])), ("bytes=0-9,5-14,8-20", .whole), ("bytes=0-,0-", .whole),
      ("bytes=0-,-1", .whole), ("bytes=1-1,2-2,3-3", .parts([1..<2, 2..<3, 3..<4])),
    ] as [(String, RangeSelection)])
  func selects(range: String, expected: RangeSelection) { #expect(select(range) == expected) }

  @Test func boundsTheNumberOfRanges() {
    func ranges(_ count: Int) -> String {
      "bytes=" + (0..<count).map { "\($0 * 10)-\($0 * 10)" }.joined(separator: ",")
    }
    #expect(select(ranges(16)) == .parts((0..<16).map { ($0 * 10)..<($0 * 10 + 1) }))
    #expect(select(ranges(17)) == .whole)
    #expect(select(ranges(500)) == .whole)
  }

  @Test func onlyForGetAndOnlyOfSomething() {
    #expect(select("bytes=0-0", method: .head) == .whole)
    #expect(select(nil) == .whole)
    for range in ["bytes=0-", "bytes=0-0", "bytes=-1"] { #expect(select(range, size: 0) == .unsatisfiable) }
  }

  @Test(arguments: [
    (#""t""#, true), (#"W/"t""#, false), (#""x""#, false), (#""t" "#, false), ("*", false), ("t", false), ("", false),
    (date, true), (before, false), (after, false),
  ])
  func ifRangeNeedsAStrongMatch(condition: String, holds: Bool) {
    #expect(select("bytes=0-0", ifRange: condition) == (holds ? .parts([0..<1]) : .whole))
  }

  @Test func writesContentRanges() {
    #expect(RangeSelection.contentRange(0..<1, size: 10) == "bytes 0-0/10")
    #expect(EntityTag("x").description == #""x""# && EntityTag("x", isWeak: true).description == #"W/"x""#)
  }

  @Test(
    arguments: [
      (nil, nil), ("", nil), ("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0.5, gzip;q=0.8", "gzip"), ("*", "br"),
      ("gzip;q=0", nil), ("br;q=0, *", "gzip"), ("identity, gzip;q=0.5", nil), ("identity;q=0.5, gzip;q=0.5", "gzip"),
      ("identity;q=0", nil), ("X-GZIP", "gzip"), ("gzip ; Q=1.000", "gzip"), ("gzip;q=1.001", nil), ("gzip;q=.5", nil),
      ("gzip;q=0.0001", nil), ("gzip;q=", nil), ("gzip;level=1", nil), ("deflate, gzip;q=0.001", "gzip"),
      ("*;q=0", nil), ("*;q=0, gzip", "gzip"), ("g zip, br", "br"), (",,gzip,", "gzip"), ("gzip;q=2", nil),
      ("gzip;q=0,gzip", "gzip"), ("brx", nil),
    ] as [(String?, String?)])
  func choosesACoding(value: String?, expected: String?) {
    #expect(AcceptEncoding(value).choose(from: ["br", "gzip"]) == expected)
  }

  @Test func identityIsRefusableOnly() {
    #expect(AcceptEncoding("identity;q=0").quality(of: "identity") == 0)
    #expect(AcceptEncoding("*;q=0").quality(of: "identity") == 0)
    #expect(AcceptEncoding("gzip").quality(of: "identity") == 1)
    #expect(AcceptEncoding("*;q=0.5").quality(of: "identity") == 500)
  }
}
