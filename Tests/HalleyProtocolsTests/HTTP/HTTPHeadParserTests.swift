import HalleyProtocols
import Testing

@Suite("Request heads (RFC 9112 §3, §5, §6)")
struct HTTPHeadParserTests {
  static let browser =
    "GET /tracker/positions?transport=poll&cursor=kQ3fZx9a-41 HTTP/1.1\r\n" + "Host: localhost:8080\r\n"
    + "Connection: keep-alive\r\n"
    + "sec-ch-ua: \"Chromium\";v=\"120\", \"Not?A_Brand\";v=\"8\"\r\nsec-ch-ua-mobile: ?0\r\n"
    + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0\r\n"
    + "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    + "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nReferer: http://localhost:8080/tracker/\r\n"
    + "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: theme=dark; id=8812\r\n\r\n"

  func parse(_ text: String, limits: HTTPHeadLimits = HTTPHeadLimits()) throws(HTTPRefusal) -> HTTPRequestHead {
    try HTTPHeadParser.parse(Array(text.utf8), limits: limits)
  }

  @Test func readsABrowsersHead() throws {
    let head = try parse(Self.browser)
    #expect(head.method == .get)
    #expect(head.minorVersion == 1)
    #expect(head.authority == Authority(host: "localhost", port: 8080))
    #expect(Array(head.path) == Array("/tracker/positions".utf8))
    #expect(head.query.map(Array.init) == Array("transport=poll&cursor=kQ3fZx9a-41".utf8))
    #expect(Array(head.rawTarget) == Array("/tracker/positions?transport=poll&cursor=kQ3fZx9a-41".utf8))
    #expect(head.keepAlive && !head.isChunked && !head.hasBody && !head.expectsContinue && !head.isAsteriskForm)
    #expect(head.contentLength == nil)
    #expect(head.fields.count == 12)
    #expect(head.fields.first?.name == "Host")
    #expect(head.fields.last?.value == "theme=dark; id=8812")
    #expect(head.string(of: "accept-language") == "en-US,en;q=0.9")
    #expect(head.value(of: "origin") == nil && !head.has("origin") && head.has("cookie"))
  }

  @Test("a head without its text still knows what an answer needs, and nothing in it points beyond its end")
  func forgetsItsText() throws {
    var head = try parse(Self.browser)
    head.forgetText()
    #expect(head.method == .get && head.minorVersion == 1 && head.keepAlive)
    #expect(Array(head.path) == Array("/".utf8) && head.rawTarget.isEmpty && head.query == nil)
    #expect(head.bytes.isEmpty && head.fields.isEmpty && !head.has("cookie") && !head.isAsteriskForm)
    #expect(!head.list("connection", has: "keep-alive") && head.joined("accept") == nil)
  }

  @Test("fields without room to spare are the same fields")
  func compacts() throws {
    let head = try parse(Self.browser)
    let compacted = head.fields.compacted()
    #expect(Array(compacted) == Array(head.fields) && compacted.count == 12)
    #expect(HTTPRequestHead.Fields.none.compacted().isEmpty)
  }

  @Test func trimsValuesAndKeepsOrderAndCase() throws {
    let head = try parse("GET / HTTP/1.1\r\nHost: a\r\nX-One: \t a \t b\t \r\nx-one:\r\nX-ONE:2\r\n\r\n")
    #expect(head.values(of: "x-one").map { String(decoding: $0, as: UTF8.self) } == ["a \t b", "", "2"])
    #expect(head.fields.map(\.name) == ["Host", "X-One", "x-one", "X-ONE"])
    #expect(head.string(of: "x-one") == "a \t b")
  }

  @Test func readsTokenListsOfAllLines() throws {
    let head = try parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: , ,keep-alive\r\nConnection: x,\tUpGrade ,\r\n\r\n")
    #expect(head.list("connection", has: "upgrade"))
    #expect(head.list("connection", has: "keep-alive"))
    #expect(!head.list("connection", has: "grade"))
    #expect(!head.list("connection", has: ""))
    #expect(!head.list("upgrade", has: "websocket"))
  }

  @Test(arguments: [
    ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
    ("HTTP/1.1", "Connection: foo, CLOSE\r\n", false),
    ("HTTP/1.1", "Connection: closed\r\n", true), ("HTTP/1.1", "Connection: a\r\nConnection: close\r\n", false),
    ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
    ("HTTP/1.0", "Connection: keep-alive, close\r\n", false), ("HTTP/1.5", "", true),
  ])
  func decidesPersistence(version: String, fields: String, keepAlive: Bool) throws {
    #expect(try parse("GET / \(version)\r\nHost: a\r\n\(fields)\r\n").keepAlive == keepAlive)
  }

  @Test(
    arguments: [
      ("/", "/", nil), ("/?", "/", ""), ("/a?b?c", "/a", "b?c"), ("//evil/p", "//evil/p", nil),
      ("/%7e|[x]", "/%7e|[x]", nil),
      ("http://a", "/", nil), ("http://a?x=/y", "/", "x=/y"), ("HTTPS://A:81/p?q", "/p", "q"),
    ] as [(String, String, String?)])
  func splitsTargets(target: String, path: String, query: String?) throws {
    let head = try parse("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(String(decoding: head.path, as: UTF8.self) == path)
    #expect(head.query.map { String(decoding: $0, as: UTF8.self) } == query)
  }

  @Test func targetsAuthorityWinsOverHost() throws {
    #expect(try parse("GET http://Good.example/ HTTP/1.1\r\nHost: evil\r\n\r\n").authority?.host == "good.example")
    #expect(try parse("GET //good.example/ HTTP/1.1\r\nHost: a\r\n\r\n").authority?.host == "a")
  }

  @Test func servesTheWholeServer() throws {
    let head = try parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(head.isAsteriskForm)
    #expect(Array(head.path) == Array("*".utf8))
  }

  @Test func readsBodyLengths() throws {
    #expect(try parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0012\r\n\r\n").contentLength == 12)
    #expect(try parse("POST / HTTP/1.1\r\nHost: a\r\ncontent-length:9223372036854775807\r\n\r\n").contentLength == .max)
    let chunked = try parse("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked \r\n\r\n")
    #expect(chunked.isChunked && chunked.hasBody)
    #expect(try parse("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").hasBody)
    #expect(try !parse("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").hasBody)
    #expect(try parse("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n\r\n").expectsContinue)
    #expect(try !parse("PUT / HTTP/1.0\r\nContent-Length: 1\r\nExpect: wonders\r\n\r\n").expectsContinue)
  }

  @Test func leavesExpectationsToThoseWhoAnswerThem() throws {
    func parse(_ expectation: String) throws -> HTTPRequestHead {
      let text = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\(expectation)\r\n"
      return try HTTPHeadParser.parse(Array(text.utf8), meetsExpectations: true)
    }
    #expect(try parse("Expect: wonders\r\n").path.elementsEqual("/a".utf8))
    #expect(try parse("Expect: 100-continue\r\n").expectsContinue)
    #expect(throws: HTTPRefusal.duplicateField) { try parse("Expect: wonders\r\nHost: a\r\n") }
  }

  @Test func versionOneWithoutHost() throws {
    let head = try parse("GET / HTTP/1.0\r\n\r\n")
    #expect(head.authority == nil && head.minorVersion == 0)
  }

  /// Every row of the table of hazards that the gate must refuse: fields or whole heads, and the status.
  @Test(arguments: HTTPHeadVectors.refused)
  func refuses(vector: HTTPHeadVectors.Refused) {
    #expect(throws: vector.refusal) { try parse(vector.head) }
    #expect(vector.refusal.status == vector.status)
  }

  @Test func appliesLimitsExactly() throws {
    let limits = HTTPHeadLimits(maxLine: 40, maxFieldSection: 64, maxFields: 3)
    func status(_ text: String) -> HTTPRefusal? {
      do {
        _ = try parse(text, limits: limits)
        return nil
      } catch { return error }
    }
    let target = String(repeating: "a", count: 40 - "GET / HTTP/1.1".count)
    #expect(status("GET /\(target) HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
    #expect(status("GET /\(target)a HTTP/1.1\r\nHost: a\r\n\r\n") == .targetTooLong)
    let value = String(repeating: "v", count: 40 - "X: ".count)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(value)v\r\n\r\n") == .fieldsTooLarge)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA:\r\nB:\r\nC:\r\n\r\n") == .fieldsTooLarge)
    let half = String(repeating: "v", count: 32 - "X: \r\n".utf8.count)
    #expect(status("GET / HTTP/1.0\r\nX: \(half)\r\nX: \(half)\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.0\r\nX: \(half)\r\nX: \(half)v\r\n\r\n") == .fieldsTooLarge)
  }

  @Test func refusesEveryTruncation() {
    let bytes = Array(Self.browser.utf8)
    for count in 0..<bytes.count {
      #expect(throws: HTTPRefusal.self) { try HTTPHeadParser.parse(Array(bytes[..<count])) }
    }
    #expect(throws: HTTPRefusal.incompleteHead) { try HTTPHeadParser.parse(bytes + [0x47]) }
  }

  @Test func neverAcceptsAControlByteAnywhere() throws {
    let bytes = Array(Self.browser.utf8)
    for at in bytes.indices {
      for control: UInt8 in [0x00, 0x0B, 0x0A, 0x0D, 0x1F, 0x7F] where bytes[at] != control {
        var broken = bytes
        broken[at] = control
        #expect(throws: HTTPRefusal.self, "byte \(control) at \(at)") { try HTTPHeadParser.parse(broken) }
      }
    }
  }

  @Test func everyRefusalHasAStatusAndAConstantCode() {
    #expect(Set(HTTPRefusal.allCases.map(\.code)).count == HTTPRefusal.allCases.count)
    #expect(Set(HTTPRefusal.allCases.map(\.status)) == [400, 414, 417, 421, 431, 501, 505])
  }
}
