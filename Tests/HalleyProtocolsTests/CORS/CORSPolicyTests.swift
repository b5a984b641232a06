import HalleyProtocols
import Testing

@Suite("CORS (Fetch §3.2)")
struct CORSPolicyTests {
  struct Row: Sendable, CustomStringConvertible {
    var policy: String
    var request: String
    var outcome: CORSDecision.Outcome
    var fields: String
    var description: String { "\(policy): \(request)" }
    init(_ policy: String, _ request: String, _ outcome: CORSDecision.Outcome, _ fields: String) {
      self.policy = policy
      self.request = request
      self.outcome = outcome
      self.fields = fields
    }
  }

  static func policies() throws -> [String: CORSPolicy] {
    let listed = try OriginPolicy(["https://good.com", "https://*.wild.com"])
    return [
      "list": try CORSPolicy(origins: listed),
      "credentials": try CORSPolicy(origins: listed, credentials: true),
      "expose": try CORSPolicy(origins: listed, exposedFields: ["X-Total", "retry-after"], maxAge: 5),
      "private": try CORSPolicy(origins: listed, privateNetwork: true),
      "any": try CORSPolicy(origins: try OriginPolicy(["*"])),
      "null": try CORSPolicy(origins: try OriginPolicy(["null"]), credentials: true),
      "empty": try CORSPolicy(origins: .sameOrigin),
    ]
  }

  private static let vary = "Vary: Origin"
  private static let varyPreflight = "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
  private static let expose = "Access-Control-Expose-Headers: Retry-After"
  private static let allowGood = "Access-Control-Allow-Origin: https://good.com"
  private static let withCredentials = "Access-Control-Allow-Credentials: true"
  private static let methods = "Access-Control-Allow-Methods: GET, HEAD, POST"
  private static let maxAge = "Access-Control-Max-Age: 600"
  private static let preflight = "OPTIONS|Access-Control-Request-Method: GET|Origin: https://good.com"

  private static func lines(_ lines: String...) -> String { lines.joined(separator: "|") }

  static let simple: [Row] = [
    Row("list", "GET", .proceed, vary),
    Row("list", "GET|Origin: https://good.com", .proceed, lines(allowGood, expose, vary)),
    Row("list", "HEAD|Origin: https://good.com", .proceed, lines(allowGood, expose, vary)),
    Row("list", "POST|Origin: https://good.com", .proceed, lines(allowGood, expose, vary)),
    Row("list", "GET|Origin: https://GOOD.com:443", .proceed, lines(allowGood, expose, vary)),
    Row("list", "GET|Origin: https://evil.com", .refused, vary),
    Row("list", "POST|Origin: https://evil.com", .refused, vary),
    Row("list", "GET|Origin: https://good.com.evil", .refused, vary),
    Row("list", "GET|Origin: http://good.com", .refused, vary),
    Row("list", "GET|Origin: null", .refused, vary),
    Row("list", "GET|Origin:", .refused, vary),
    Row("list", "GET|Origin: https://good.com https://evil.com", .refused, vary),
    Row("list", "GET|Origin: *", .refused, vary),
    Row("list", "GET|Origin: http://self.com", .proceed, vary),
    Row("list", "GET|Cookie: a|Sec-Fetch-Site: cross-site", .refused, vary),
    Row("list", "GET|Sec-Fetch-Site: cross-site", .proceed, vary),
    Row("list", "GET|Cookie: a|Sec-Fetch-Site: same-origin", .proceed, vary),
    Row(
      "list", "GET|Origin: https://a.wild.com", .proceed,
      lines("Access-Control-Allow-Origin: https://a.wild.com", expose, vary)),
    Row("credentials", "GET|Origin: https://good.com", .proceed, lines(allowGood, withCredentials, expose, vary)),
    Row("credentials", "GET|Origin: https://evil.com", .refused, vary),
    Row("credentials", "GET", .proceed, vary),
    Row("credentials", "GET|Cookie: a", .proceed, vary),
    Row("credentials", "GET|Cookie: a|Sec-Fetch-Site: cross-site", .refused, vary),
    Row("credentials", "POST|Cookie: a", .refused, vary),
    Row("credentials", "POST|Cookie: a|Origin: http://self.com", .proceed, vary),
    Row("credentials", "POST", .proceed, vary),
    Row("list", "POST|Cookie: a", .proceed, vary),
    Row(
      "expose", "GET|Origin: https://good.com", .proceed,
      lines(allowGood, "Access-Control-Expose-Headers: Retry-After, X-Total", vary)),
    Row("any", "GET|Origin: https://x.y", .proceed, lines("Access-Control-Allow-Origin: *", expose, vary)),
    Row("any", "GET|Origin: null", .proceed, lines("Access-Control-Allow-Origin: *", expose, vary)),
    Row("any", "GET", .proceed, vary),
    Row("any", "GET|Origin: x", .refused, vary),
    Row(
      "null", "GET|Origin: null", .proceed, lines("Access-Control-Allow-Origin: null", withCredentials, expose, vary)),
    Row("null", "GET|Origin: https://good.com", .refused, vary),
    Row("empty", "GET|Origin: https://good.com", .refused, vary),
  ]

  static let preflights: [Row] = [
    Row("list", preflight, .preflight, lines(allowGood, methods, maxAge, varyPreflight)),
    Row("credentials", preflight, .preflight, lines(allowGood, withCredentials, methods, maxAge, varyPreflight)),
    Row("expose", preflight, .preflight, lines(allowGood, methods, "Access-Control-Max-Age: 5", varyPreflight)),
    Row(
      "any", preflight, .preflight, lines("Access-Control-Allow-Origin: *", methods, maxAge, varyPreflight)),
    Row(
      "list", preflight + "|Access-Control-Request-Headers: x-evil,last-event-id, CONTENT-TYPE", .preflight,
      lines(allowGood, methods, "Access-Control-Allow-Headers: Content-Type, Last-Event-ID", maxAge, varyPreflight)),
    Row(
      "list", preflight + "|Access-Control-Request-Headers: *", .preflight,
      lines(allowGood, methods, maxAge, varyPreflight)),
    Row(
      "list", preflight + "|Access-Control-Request-Headers: authorization,idempotency-key", .preflight,
      lines(
        allowGood, methods, "Access-Control-Allow-Headers: Idempotency-Key, Authorization", maxAge, varyPreflight)),
    Row(
      "list", preflight + "|Access-Control-Request-Private-Network: true", .preflight,
      lines(allowGood, methods, maxAge, varyPreflight)),
    Row(
      "private", preflight + "|Access-Control-Request-Private-Network: true", .preflight,
      lines(allowGood, methods, maxAge, "Access-Control-Allow-Private-Network: true", varyPreflight)),
    Row("private", preflight, .preflight, lines(allowGood, methods, maxAge, varyPreflight)),
    Row("list", "OPTIONS|Access-Control-Request-Method: GET|Origin: https://evil.com", .refused, varyPreflight),
    Row("list", "OPTIONS|Access-Control-Request-Method: GET|Origin: null", .refused, varyPreflight),
    Row("list", "OPTIONS|Access-Control-Request-Method: GET|Origin: http://self.com", .refused, varyPreflight),
    Row("empty", preflight, .refused, varyPreflight),
    Row("list", "OPTIONS|Origin: https://good.com", .proceed, lines(allowGood, expose, vary)),
    Row("list", "OPTIONS|Access-Control-Request-Method: GET", .proceed, vary),
    Row(
      "list", "GET|Access-Control-Request-Method: GET|Origin: https://good.com", .proceed,
      lines(allowGood, expose, vary)),
  ]

  @Test(arguments: simple + preflights)
  func decides(row: Row) throws {
    let parts = row.request.split(separator: "|")
    let text =
      "\(parts[0]) /positions HTTP/1.1\r\nHost: self.com\r\n" + parts.dropFirst().map { "\($0)\r\n" }.joined() + "\r\n"
    let head = try HTTPHeadParser.parse(Array(text.utf8))
    let policy = try #require(Self.policies()[row.policy])
    let decision = policy.decide(
      head, scheme: .http, methods: [.get, .head, .post], use: head.method == .post ? .write : .read)
    #expect(decision.outcome == row.outcome)
    #expect(decision.fields.map(\.description).joined(separator: "|") == row.fields)
  }

  @Test func refusesDangerousPolicies() throws {
    let any = try OriginPolicy(["*"])
    #expect(throws: CORSPolicy.Invalid.credentialsForAny) { try CORSPolicy(origins: any, credentials: true) }
    for name in ["*", "", "a b", "a\r\nb", "ü"] {
      #expect(throws: CORSPolicy.Invalid.fieldName(name)) { try CORSPolicy(origins: any, exposedFields: [name]) }
    }
  }
}
