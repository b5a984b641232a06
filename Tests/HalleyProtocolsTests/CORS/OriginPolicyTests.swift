import HalleyProtocols
import Testing

@Suite("Origins (RFC 6454)")
struct OriginPolicyTests {
  @Test(arguments: [
    ("https://example.com", "https://example.com"), ("https://example.com:443", "https://example.com"),
    ("http://example.com:80", "http://example.com"), ("http://example.com:443", "http://example.com:443"),
    ("HTTPS://Example.COM", "https://example.com"), ("http://[::1]:8080", "http://[::1]:8080"),
    ("http://[0:0::1]", "http://[::1]"), ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("capacitor://localhost", "capacitor://localhost"), ("https://example.com.", "https://example.com."),
  ])
  func readsOneForm(text: String, expected: String) { #expect(Origin(text)?.description == expected) }

  @Test(arguments: [
    "", "null", "example.com", "//example.com", "https://", "https:/example.com", "https://example.com/",
    "https://example.com/a", "https://user@example.com", "https://good.com@evil.com", "https://a https://b",
    "https://a, https://b", "https://bücher.example", "https://a?", "https://a#", "https://a:", "https://a:0",
    "https://a:65536", "1http://a", "ht tp://a", " https://a", "https://a\0", "https://*.a", "https://a\\b",
    "https://%61",
  ])
  func refusesOtherForms(text: String) { #expect(Origin(text) == nil) }

  static let list = ["https://good.com", "https://*.wild.com", "http://port.com:8080"]

  @Test(arguments: [
    ("https://good.com", true), ("https://good.com:443", true), ("https://GOOD.com", true), ("http://good.com", false),
    ("https://good.com:8443", false), ("https://good.com.evil", false), ("https://evilgood.com", false),
    ("https://good.com.", false), ("https://sub.good.com", false), ("https://sub.wild.com", true),
    ("https://a.b.wild.com", true), ("https://wild.com", false), ("https://.wild.com", false),
    ("https://evilwild.com", false), ("https://wild.com.evil", false), ("http://sub.wild.com", false),
    ("https://sub.wild.com:8443", false), ("http://port.com:8080", true), ("http://port.com", false),
    ("null", false), ("", false), ("https://user@good.com", false), ("https://good.com https://evil.com", false),
    ("https://xn--good-.com", false),
  ])
  func listsExactly(origin: String, listed: Bool) throws {
    let policy = try OriginPolicy(Self.list)
    let field = OriginField(Array(origin.utf8)[...])
    #expect(policy.lists(field) == listed)
    let context = OriginContext(origin: field, authority: Authority(host: "self.example"), scheme: .https)
    for use in [OriginUse.read, .write, .webSocket] {
      #expect(policy.decide(context, for: use) == (listed ? .listed : .refused))
    }
  }

  @Test(arguments: [
    ("http://a.com", "a.com", OriginContext.Scheme.http, true), ("http://a.com:80", "a.com", .http, true),
    ("http://a.com", "A.com:80", .http, true), ("http://a.com:8080", "a.com:8080", .http, true),
    ("http://a.com:8080", "a.com", .http, false), ("http://a.com", "a.com:8080", .http, false),
    ("https://a.com", "a.com", .http, false), ("https://a.com", "a.com", .https, true),
    ("https://a.com:443", "a.com", .https, true), ("https://a.com", "a.com:443", .https, true),
    ("http://a.com", "a.com", .https, false), ("http://a.com", "a.com", .unknown, true),
    ("https://a.com", "a.com", .unknown, true), ("https://a.com", "a.com:443", .unknown, true),
    ("https://a.com", "a.com:80", .unknown, false), ("ftp://a.com", "a.com", .unknown, false),
    ("http://a.com.evil", "a.com", .http, false), ("http://b.a.com", "a.com", .http, false),
    ("http://[::1]:8080", "[0::1]:8080", .http, true), ("http://a.com.", "a.com", .http, false),
  ])
  func knowsItsOwn(origin: String, authority: String, scheme: OriginContext.Scheme, same: Bool) {
    let context = OriginContext(
      origin: OriginField(Array(origin.utf8)[...]), authority: Authority(authority), scheme: scheme)
    #expect(OriginPolicy.sameOrigin.decide(context, for: .webSocket) == (same ? .same : .refused))
  }

  @Test func nullAndAnyAreWrittenOut() throws {
    func decide(_ list: [String], _ origin: OriginField) throws -> OriginDecision {
      try OriginPolicy(list).decide(OriginContext(origin: origin, authority: nil, scheme: .http), for: .read)
    }
    #expect(try decide([], .null) == .refused)
    #expect(try decide(["https://a"], .null) == .refused)
    #expect(try decide(["null"], .null) == .listed)
    #expect(try decide(["null"], .origin(#require(Origin("https://a")))) == .refused)
    #expect(try decide(["*"], .origin(#require(Origin("https://a")))) == .listed)
    #expect(try decide(["*"], .null) == .listed)
    #expect(try decide(["*"], .malformed) == .refused)
  }

  @Test(arguments: [
    "", "a.com", "https://a/", "https://*", "https://*.*.a", "*.a.com", "https://a*.b", "https://*.[::1]",
  ])
  func namesWhatIsNoOrigin(text: String) {
    #expect {
      _ = try OriginPolicy(["https://a", text])
    } throws: {
      ($0 as? OriginPolicy.InvalidOrigin)?.text == text
    }
  }

  /// Without an origin: cookies decide, and what the browser says about the site.
  @Test(arguments: [
    (false, false, false, OriginUse.webSocket, OriginDecision.absent), (false, true, false, .read, .absent),
    (true, false, false, .read, .absent), (true, true, false, .read, .refused), (true, true, false, .write, .refused),
    (true, true, false, .webSocket, .refused), (true, false, false, .webSocket, .absent),
    (true, false, true, .webSocket, .refused), (true, false, true, .write, .refused),
    (true, false, true, .read, .absent),
    (false, false, true, .webSocket, .absent),
  ])
  func absentOrigin(
    cookies: Bool, crossSite: Bool, cookiesAuthenticate: Bool, use: OriginUse, expected: OriginDecision
  ) {
    var policy = OriginPolicy.sameOrigin
    policy.cookiesAuthenticate = cookiesAuthenticate
    let context = OriginContext(
      origin: .absent, authority: Authority("a"), scheme: .http, hasCookies: cookies, isCrossSite: crossSite)
    #expect(policy.decide(context, for: use) == expected)
    #expect(expected.isPermitted == (expected != .refused))
  }

  @Test func readsTheContextOfAHead() throws {
    let text = "GET / HTTP/1.1\r\nHost: A.com\r\nCookie: x\r\nSec-Fetch-Site: cross-site\r\nOrigin: null\r\n\r\n"
    let context = OriginContext(try HTTPHeadParser.parse(Array(text.utf8)), scheme: .http)
    #expect(
      context
        == OriginContext(
          origin: .null, authority: Authority(host: "a.com"), scheme: .http, hasCookies: true, isCrossSite: true))
  }
}
