/// What a head says about where a request comes from.
public struct OriginContext: Sendable, Hashable {
  /// The scheme under which clients reach this server.
  public enum Scheme: Sendable, Hashable {
    /// A plain listener, reached directly.
    case http
    /// TLS, ours or that of a proxy which said so.
    case https
    /// A proxy that did not say: `http` and `https` both count as ours, the default port is the origin's own.
    case unknown
  }

  /// The `Origin` field.
  public var origin: OriginField
  /// Whom the request is addressed to.
  public var authority: Authority?
  /// How the client reached us.
  public var scheme: Scheme
  /// Whether the request carries cookies.
  public var hasCookies: Bool
  /// Whether `Sec-Fetch-Site` says `cross-site`.
  public var isCrossSite: Bool

  /// A context made of its parts.
  public init(
    origin: OriginField, authority: Authority?, scheme: Scheme, hasCookies: Bool = false, isCrossSite: Bool = false
  ) {
    self.origin = origin
    self.authority = authority
    self.scheme = scheme
    self.hasCookies = hasCookies
    self.isCrossSite = isCrossSite
  }

  /// Reads the context of a request.
  public init(_ head: HTTPRequestHead, scheme: Scheme) {
    self.init(
      origin: OriginField(head.value(of: "origin")), authority: head.authority, scheme: scheme,
      hasCookies: head.has("cookie"), isCrossSite: head.list("sec-fetch-site", has: "cross-site"))
  }

  /// RFC 6454 §5: scheme, host and port are the same; a port that is not written is the scheme's own.
  func isSameOrigin(_ other: Origin) -> Bool {
    guard let authority, authority.host == other.host else { return false }
    let expected: [String] =
      switch scheme {
      case .http: ["http"]
      case .https: ["https"]
      case .unknown: ["http", "https"]
      }
    guard expected.contains(other.scheme) else { return false }
    let standard = Origin.defaultPort(of: other.scheme)
    return (authority.port ?? standard) == (other.port ?? standard)
  }
}
