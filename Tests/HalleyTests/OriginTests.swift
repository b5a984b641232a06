import HalleyTesting
import Testing

@testable import Halley

@Suite("Origins on every answer (delivery contract §13)", .timeLimit(.minutes(1)))
struct OriginTests {
  private struct Shared: Site {
    let news = Channel("news")
    var routes: Routes {
      Route("/news", news).websocket().sse().stream().longPoll().publish()
        .cors(.origins("https://good.example").credentials())
      Route("/open", Channel("open")).websocket().sse().stream().longPoll().jsonp().publish().cors(.any)
      Route("/listed", Channel("listed")).websocket().sse().stream().longPoll().jsonp().publish()
        .cors(.origins("https://good.example"))
      Route("/own", Channel("own")).websocket().longPoll().publish()
    }
  }

  private static let upgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

  private func ask(
    _ port: Int, _ line: String, _ fields: String = "", body: String = ""
  ) throws -> RawResponse {
    let client = try RawClient(port: port)
    client.send("\(line) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n\(body)")
    return try #require(try client.response(toHead: line.hasPrefix("HEAD ")))
  }

  // MARK: Refusals before a handler

  private static let large = "Content-Length: 999999\r\n"
  private static let chunked = "Transfer-Encoding: chunked\r\n"
  private static let endless = "fffff\r\n"

  private func check(
    _ answer: RawResponse, _ status: Int, _ code: String, allow: String? = "https://good.example",
    vary: String? = "Origin", _ location: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(answer.status == status, sourceLocation: location)
    #expect(answer["access-control-allow-origin"] == allow, sourceLocation: location)
    #expect(answer["vary"] == vary, sourceLocation: location)
    #expect(answer["content-length"] == "\(code.utf8.count + 12)", sourceLocation: location)
    #expect(answer["connection"] == "close", sourceLocation: location)
    #expect(answer.text == #"{"error":"\#(code)"}"#, sourceLocation: location)
  }

  @Test("A refusal of a sound request says what the route's policy says")
  func refusals() async throws {
    try await serving([Shared()], arguments: ["--http-body-timeout", "1s"]) { port in
      let good = "Origin: https://good.example\r\n"
      // Too large: announced, and found out in the middle.
      check(try ask(port, "POST /shared/news", good + Self.large), 413, "body_too_large")
      check(try ask(port, "POST /shared/news", good + Self.chunked, body: Self.endless), 413, "body_too_large")
      check(try ask(port, "POST /shared/news", good + Self.chunked, body: "x\r\n"), 400, "malformed_chunk")
      #expect(try ask(port, "POST /shared/news", good + Self.large)["access-control-allow-credentials"] == "true")
      // Unknown expectations.
      check(try ask(port, "POST /shared/news", good + "Expect: magic\r\n"), 417, "unknown_expectation")
      let head = try ask(port, "HEAD /shared/news", good + "Expect: magic\r\n")
      #expect(head.status == 417 && head["access-control-allow-origin"] == "https://good.example")
      #expect(head["content-length"] == "31")
      // Too slow.
      check(try ask(port, "POST /shared/news", good + "Content-Length: 9\r\n", body: "slow"), 408, "timeout")
      // Any origin; one that is not listed; none.
      check(try ask(port, "POST /shared/open", good + Self.large), 413, "body_too_large", allow: "*")
      check(
        try ask(port, "POST /shared/news", "Origin: https://evil.example\r\n" + Self.large), 413, "body_too_large",
        allow: nil)
      check(try ask(port, "POST /shared/news", Self.large), 413, "body_too_large", allow: nil)
      // A method that the route does not take, and OPTIONS, whose policy is that of the route asked for.
      check(try ask(port, "PUT /shared/news", good + Self.large), 413, "body_too_large")
      let preflight = "Access-Control-Request-Method: POST\r\n"
      check(
        try ask(port, "OPTIONS /shared/news", good + preflight + Self.large), 413, "body_too_large",
        vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
      // Routes without a policy, paths without a route, addresses of the server's own, other hosts.
      for line in ["POST /shared/own", "POST /shared/none", "POST /_halley/health", "OPTIONS *"] {
        check(try ask(port, line, good + Self.large), 413, "body_too_large", allow: nil, vary: nil)
      }
      let client = try RawClient(port: port)
      client.send("POST /shared/news HTTP/1.1\r\nHost: evil.example\r\n\(good)\(Self.large)\r\n")
      check(try #require(try client.response()), 413, "body_too_large", allow: nil, vary: nil)
      // A head that is not sound has no route.
      check(try ask(port, "POST /shared/news", good + "a b: c\r\n"), 400, "malformed_field_name", allow: nil, vary: nil)
    }
  }

  // MARK: Cookies without an origin

  private func handshake(_ port: Int, _ path: String, _ fields: String) throws -> Int {
    try ask(port, "GET /shared/\(path)", Self.upgrade + fields).status
  }

  @Test("A WebSocket with cookies must say its origin where cookies count")
  func socketCookies() async throws {
    try await serving([Shared()]) { port in
      #expect(try handshake(port, "news", "Cookie: session=1\r\n") == 403)
      #expect(try handshake(port, "news", "Cookie: session=1\r\nSec-WebSocket-Protocol: halley.v1\r\n") == 403)
      #expect(try handshake(port, "news", "Cookie: session=1\r\nSec-Fetch-Site: same-origin\r\n") == 403)
      #expect(try handshake(port, "news", "Cookie: session=1\r\nOrigin: https://evil.example\r\n") == 403)
      #expect(try handshake(port, "news", "Cookie: session=1\r\nOrigin: https://good.example\r\n") == 101)
      #expect(try handshake(port, "news", "Cookie: session=1\r\nOrigin: http://localhost\r\n") == 101)
      #expect(try handshake(port, "news", "") == 101)
      // Where cookies are nothing.
      for path in ["open", "listed", "own"] { #expect(try handshake(port, path, "Cookie: session=1\r\n") == 101) }
      let refused = try ask(port, "GET /shared/news", Self.upgrade + "Cookie: session=1\r\n")
      #expect(refused["vary"] == "Origin" && refused.text == #"{"error":"origin"}"#)
    }
  }

  @Test(
    "What another site loads with cookies and without an origin is refused on every transport",
    arguments: [
      ("GET", "?hold=0", ""), ("GET", "?transport=sse&hold=0", ""), ("GET", "?transport=stream&hold=0", ""),
      ("HEAD", "", ""), ("GET", "", upgrade), ("POST", "", "Content-Length: 1\r\n"),
    ])
  func crossSite(method: String, query: String, fields: String) async throws {
    try await serving([Shared()]) { port in
      let body = method == "POST" ? "x" : ""
      let cookie = fields + "Cookie: session=1\r\n"
      let news = "\(method) /shared/news\(query)"
      let other = "Sec-Fetch-Site: cross-site\r\n"
      let own = "Sec-Fetch-Site: same-origin\r\n"
      for line in [news, "\(method) /shared/listed\(query)"] {
        let refused = try ask(port, line, cookie + other, body: body)
        #expect(refused.status == 403)
      }
      // A page of this site says so by its browser, or by its origin.
      let served = method == "POST" ? 201 : fields.isEmpty ? 200 : 101
      let withoutOrigin = try ask(port, news, cookie + own, body: body)
      let withOrigin = try ask(port, news, cookie + own + "Origin: http://localhost\r\n", body: body)
      let withoutCookies = try ask(port, news, fields + other, body: body)
      #expect(withoutOrigin.status == (served == 200 ? 200 : 403))
      #expect(withOrigin.status == served)
      #expect(withoutCookies.status == served)
    }
  }

  @Test("A script element of another site gets the refusal in band")
  func scripts() async throws {
    try await serving([Shared()]) { port in
      let cookie = "Cookie: session=1\r\nSec-Fetch-Site: cross-site\r\n"
      let refused = try ask(port, "GET /shared/listed?callback=cb&hold=0", cookie)
      #expect(refused.status == 200 && refused.text == #"/**/cb({"error":"origin"});"#)
    }
  }
}
