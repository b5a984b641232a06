/// What `.cors` of a route permits to scripts of other origins (Fetch §3.2), as a pure decision on a request head.
public struct CORSPolicy: Sendable, Hashable {
  /// Why a policy cannot be made; start-up reports it.
  public enum Invalid: Error, Sendable, Hashable {
    /// Credentials with `*`: every page of the web could act as the user.
    case credentialsForAny
    /// A field name that is no token, or `*`.
    case fieldName(String)
  }

  /// Fields that a preflight may ask for; asking for others does not fail it, they are just not granted.
  public static let allowedFields = ["Content-Type", "Last-Event-ID", "Idempotency-Key", "Authorization"]

  /// Which origins are listed.
  public let origins: OriginPolicy
  /// Whether scripts may send cookies and read the answer.
  public let credentials: Bool
  /// Fields that scripts may read, besides `Retry-After` and those that Fetch always exposes.
  public let exposedFields: [String]
  /// How long a browser may keep the answer to a preflight, seconds. Default 600; browsers cap it at 7200 or more.
  public let maxAge: Int
  /// Whether pages on public networks may reach this server on a private one. Default false.
  public let privateNetwork: Bool

  /// Makes a policy.
  ///
  /// - Throws: ``Invalid`` for a combination or a name that browsers would misread.
  public init(
    origins: OriginPolicy, credentials: Bool = false, exposedFields: [String] = [], maxAge: Int = 600,
    privateNetwork: Bool = false
  ) throws(Invalid) {
    if credentials, origins.permitsAny { throw .credentialsForAny }
    for name in exposedFields {
      // `*` is a token, and a literal name where credentials are sent (Fetch §3.2.3).
      guard !name.isEmpty, name != "*", name.utf8.allSatisfy(ASCII.isToken) else { throw .fieldName(name) }
    }
    var origins = origins
    // Whoever lets other origins send cookies tells users by them.
    if credentials { origins.cookiesAuthenticate = true }
    self.origins = origins
    self.credentials = credentials
    self.exposedFields = ["Retry-After"] + exposedFields.filter { $0.lowercased() != "retry-after" }
    self.maxAge = max(0, maxAge)
    self.privateNetwork = privateNetwork
  }

  /// Decides about one request of the route.
  ///
  /// - Parameters:
  ///   - head: the request.
  ///   - scheme: how clients reach this server.
  ///   - methods: the methods of the route, in the order to be listed.
  ///   - use: what the request would do, if it is no preflight.
  public func decide(
    _ head: HTTPRequestHead, scheme: OriginContext.Scheme, methods: [HTTPMethod], use: OriginUse
  ) -> CORSDecision {
    let context = OriginContext(head, scheme: scheme)
    // Fetch §3.2.2: only these three together are a preflight; any other OPTIONS is a request like all others.
    if head.method == .options, context.origin != .absent, head.has("access-control-request-method") {
      return preflight(head, context.origin, methods)
    }
    switch origins.decide(context, for: use) {
    case .refused: return CORSDecision(.refused, [CORSPolicy.varyOrigin])
    case .same, .absent: return CORSDecision(.proceed, [CORSPolicy.varyOrigin])
    case .listed:
      var fields = grant(context.origin)
      fields.append(HTTPFieldLine("Access-Control-Expose-Headers", exposedFields.joined(separator: ", ")))
      fields.append(CORSPolicy.varyOrigin)
      return CORSDecision(.proceed, fields)
    }
  }

  private static let varyOrigin = HTTPFieldLine("Vary", "Origin")
  private static let varyPreflight = HTTPFieldLine(
    "Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")

  /// A preflight crosses origins by its nature, so that only the list counts.
  private func preflight(
    _ head: HTTPRequestHead, _ origin: OriginField, _ methods: [HTTPMethod]
  ) -> CORSDecision {
    guard origins.lists(origin) else { return CORSDecision(.refused, [CORSPolicy.varyPreflight]) }
    var fields = grant(origin)
    fields.append(HTTPFieldLine("Access-Control-Allow-Methods", methods.map(\.rawValue).joined(separator: ", ")))
    let granted = CORSPolicy.allowedFields.filter { head.list("access-control-request-headers", has: $0.lowercased()) }
    if !granted.isEmpty {
      fields.append(HTTPFieldLine("Access-Control-Allow-Headers", granted.joined(separator: ", ")))
    }
    fields.append(HTTPFieldLine("Access-Control-Max-Age", String(maxAge)))
    if privateNetwork, head.string(of: "access-control-request-private-network") == "true" {
      fields.append(HTTPFieldLine("Access-Control-Allow-Private-Network", "true"))
    }
    fields.append(CORSPolicy.varyPreflight)
    return CORSDecision(.preflight, fields)
  }

  /// The fields that open an answer to a listed origin. The origin is echoed from its parsed form, never as raw bytes.
  private func grant(_ origin: OriginField) -> [HTTPFieldLine] {
    let value: String
    switch origin {
    case _ where origins.permitsAny: value = "*"
    case .null: value = "null"
    case .origin(let listed): value = listed.description
    case .absent, .malformed: return []
    }
    let allow = HTTPFieldLine("Access-Control-Allow-Origin", value)
    return credentials ? [allow, HTTPFieldLine("Access-Control-Allow-Credentials", "true")] : [allow]
  }
}
