import HalleyProtocols
import Testing

@Suite("Paths, queries and hosts")
struct RequestPathTests {
  func path(_ text: String) -> RequestPath? { RequestPath(decoding: Array(text.utf8)[...]) }

  @Test(
    arguments: [
      ("/", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("/a/b", ["a", "b"], false),
      ("/%61%62", ["ab"], false),
      ("/%252e%252e/", ["%2e%2e"], true), ("/a+b", ["a+b"], false), ("/%E4%BD%A0", ["你"], false),
      ("/...", ["..."], false),
      ("/....//", nil, false), ("/.a", [".a"], false), ("/a..b", ["a..b"], false), ("/..", nil, false),
      ("/../etc/passwd", nil, false), ("/%2e%2e/", nil, false), ("/.%2e/", nil, false), ("/..%2f", nil, false),
      ("/a%2fb", nil, false), ("/..%5c", nil, false), ("/a\\b", nil, false), ("/%c0%ae%c0%ae/", nil, false),
      ("/%ff", nil, false), ("/a%00.html", nil, false), ("//etc/passwd", nil, false), ("/a//b", nil, false),
      ("/./x", nil, false), ("/x/.", nil, false), ("/%0a", nil, false), ("/%1b", nil, false), ("/%7f", nil, false),
      ("*", nil, false), ("", nil, false), ("a", nil, false), ("/%ed%a0%80", nil, false), ("//", nil, false),
    ] as [(String, [String]?, Bool)])
  func decodesOnce(text: String, segments: [String]?, trailing: Bool) {
    let path = path(text)
    #expect(path?.segments == segments)
    if segments != nil { #expect(path?.hasTrailingSlash == trailing) }
  }

  @Test(arguments: ["/", "/a", "/a/", "/a/b c/"])
  func writesText(text: String) { #expect(path(text)?.text == text) }

  @Test func readsQueries() throws {
    func pairs(_ text: String?) -> [String]? {
      QueryString(decoding: text.map { Array($0.utf8)[...] }, maxPairs: 4)?.pairs.map { "\($0.name)|\($0.value)" }
    }
    #expect(pairs(nil) == [])
    #expect(pairs("") == [])
    #expect(pairs("&&") == [])
    #expect(pairs("a=1&b&c=&=d") == ["a|1", "b|", "c|", "|d"])
    #expect(pairs("a=b=c&%61+x=%2B+%3d") == ["a|b=c", "a x|+ ="])
    #expect(pairs("a=%zz%4") == ["a|%zz%4"])
    #expect(pairs("a=%ff") == ["a|\u{FFFD}"])
    #expect(pairs("a=%252e") == ["a|%2e"])
    #expect(pairs("a&b&c&d&e") == nil)
    let query = try #require(QueryString(decoding: Array("x=1&y=2&x=3".utf8)[...]))
    #expect(query.first("x") == "1" && query.all("x") == ["1", "3"] && query.has("y") && !query.has("z"))
    #expect(query.first("z") == nil && query.all("z").isEmpty)
  }

  @Test(arguments: [
    ("localhost", true), ("LOCALHOST:8080", true), ("localhost.", true), ("127.0.0.1:1", true), ("[::1]", true),
    ("[0:0:0:0:0:0:0:1]:80", true), ("evil.com", false), ("localhost.evil.com", false), ("127.0.0.2", false),
    ("[::2]", false), ("evillocalhost", false),
  ])
  func loopbackHosts(text: String, permitted: Bool) throws {
    let authority = try #require(Authority(text))
    #expect(HostPolicy.loopback.permits(authority) == permitted)
  }

  @Test(arguments: [
    ("a.com", true), ("A.com.:99", true), ("b.com", false), ("b.com:8080", true), ("b.com:80", false),
    ("x.c.com", true), ("x.y.c.com:1", true), ("c.com", false), ("evilc.com", false), ("[1:0:0::2]", true),
  ])
  func listedHosts(text: String, permitted: Bool) throws {
    let policy = try HostPolicy(["a.com", "B.com:8080", "*.c.com", "[1::2]"])
    let authority = try #require(Authority(text))
    #expect(policy.permits(authority) == permitted)
    #expect(!policy.permits(nil) && HostPolicy.any.permits(nil))
    #expect(try !HostPolicy([]).permits(authority))
  }

  @Test(arguments: ["a b", "*.[::1]", "", "*", "http://a", "a/"])
  func namesWhatIsNoHost(text: String) {
    #expect {
      _ = try HostPolicy(["a", text])
    } throws: {
      ($0 as? HostPolicy.InvalidHost)?.text == text
    }
  }

  @Test(
    arguments: [
      ("Example.COM", "example.com", nil), ("a:8080", "a", 8080), ("a:", "a", nil), ("a_b-c.d.", "a_b-c.d.", nil),
      ("[::]", "[::]", nil), ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", nil),
      ("[0:0:1:0:0:0:1:0]", "[0:0:1::1:0]", nil),
      ("[::FFFF:1.2.3.4]:1", "[::ffff:102:304]", 1), ("[1::]", "[1::]", nil),
      ("[1:0:0:2:0:0:0:3]", "[1:0:0:2::3]", nil),
      ("[1:0:2:3:4:5:6:7]", "[1:0:2:3:4:5:6:7]", nil), ("[2001:db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]", nil),
      ("[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7:0]", nil),
    ] as [(String, String, UInt16?)])
  func readsAuthorities(text: String, host: String, port: UInt16?) throws {
    let authority = try #require(Authority(text))
    #expect(authority == Authority(host: host, port: port))
    #expect(authority.description == (port.map { "\(host):\($0)" } ?? host))
  }

  @Test(arguments: [
    "[1:2:3:4:5:6:7:8::]", "[:1:2:3:4:5:6:7]", "[1:]", "[:]", "[1:2]", "[::1:]", "[:::]", "[1.2.3.4]", "[::1.2.3.256]",
    "[::1.2.3.4.5]", "[::1.2.3.]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1", "::1", "[g::]",
  ])
  func refusesBrokenAddresses(text: String) { #expect(Authority(text) == nil) }
}
