/// Which authorities this server answers for. Everything else is ``HTTPRefusal/misdirected``, 421.
///
/// Without such a list a page whose name was rebound to a local address could talk to a server on that address.
public struct HostPolicy: Sendable, Hashable {
  /// A name that is no host: start-up reports it.
  public struct InvalidHost: Error, Sendable, Hashable {
    /// The text as it was given.
    public let text: String
  }

  private let exact: [Authority]
  private let subdomains: [Authority]
  private let permitsAll: Bool

  /// Any valid host, also none. The default where the server listens beyond loopback and no list is set.
  public static let any = HostPolicy(exact: [], subdomains: [], permitsAll: true)

  /// The names of this machine for itself: `localhost`, `127.0.0.1` and `[::1]`, on any port.
  public static let loopback = HostPolicy(
    exact: ["localhost", "127.0.0.1", "[::1]"].map { Authority(host: $0) }, subdomains: [], permitsAll: false)

  private init(exact: [Authority], subdomains: [Authority], permitsAll: Bool) {
    self.exact = exact
    self.subdomains = subdomains
    self.permitsAll = permitsAll
  }

  /// A list of hosts: `example.com` on any port, `example.com:8080` on that port only, `*.example.com` for every name
  /// below it but not itself, `[::1]` for IPv6 addresses. An empty list permits nothing.
  ///
  /// - Throws: the first text that is no host.
  public init(_ hosts: [String]) throws(InvalidHost) {
    var exact: [Authority] = []
    var subdomains: [Authority] = []
    for text in hosts {
      let isWildcard = text.utf8.starts(with: "*.".utf8)
      guard let authority = Authority(isWildcard ? String(text.dropFirst(2)) : text),
        !isWildcard || !authority.host.utf8.starts(with: "[".utf8)
      else { throw InvalidHost(text: text) }
      let known = HostPolicy.withoutTrailingDot(authority)
      if isWildcard { subdomains.append(known) } else { exact.append(known) }
    }
    self.init(exact: exact, subdomains: subdomains, permitsAll: false)
  }

  /// Whether the server answers for this authority. One trailing dot of the host is ignored (RFC 9110 leaves it open,
  /// DNS names mean the same with it). Nil, a request of HTTP/1.0 without `Host`, is permitted by ``any`` alone.
  public func permits(_ authority: Authority?) -> Bool {
    if permitsAll { return true }
    guard let authority else { return false }
    let asked = HostPolicy.withoutTrailingDot(authority)
    return exact.contains { $0.host == asked.host && ($0.port == nil || $0.port == asked.port) }
      || subdomains.contains {
        asked.host.utf8.count > $0.host.utf8.count + 1 && asked.host.hasSuffix("." + $0.host)
          && ($0.port == nil || $0.port == asked.port)
      }
  }

  private static func withoutTrailingDot(_ authority: Authority) -> Authority {
    guard authority.host.utf8.last == ASCII.dot else { return authority }
    return Authority(host: String(authority.host.dropLast()), port: authority.port)
  }
}
