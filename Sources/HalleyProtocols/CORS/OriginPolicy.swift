/// Which origins may use a route: always the route's own, and those that are listed.
///
/// The same question is asked for every transport and for message POSTs, before any work: a browser lets any page open
/// a WebSocket, load a script or send a text POST to us, with the user's cookies (threats: cross-site hijacking).
public struct OriginPolicy: Sendable, Hashable {
  /// An entry of the list that is neither an origin nor one of the two special words.
  public struct InvalidOrigin: Error, Sendable, Hashable {
    /// The text as it was given.
    public let text: String
  }

  private let exact: Set<Origin>
  private let subdomains: [Origin]
  private let permitsNull: Bool
  /// Whether every origin is permitted, written `*`.
  public let permitsAny: Bool
  /// Whether the route tells its users by cookies. Then a request that carries cookies and changes something, or opens
  /// a WebSocket, must say its origin: browsers always do. Default false.
  public var cookiesAuthenticate = false

  /// Only the route's own origin.
  public static let sameOrigin = OriginPolicy(exact: [], subdomains: [], permitsNull: false, permitsAny: false)

  private init(exact: Set<Origin>, subdomains: [Origin], permitsNull: Bool, permitsAny: Bool) {
    self.exact = exact
    self.subdomains = subdomains
    self.permitsNull = permitsNull
    self.permitsAny = permitsAny
  }

  /// A list of origins besides the route's own.
  ///
  /// - Parameter origins: `https://example.com`; `https://*.example.com` for every host below that name, at a label
  ///   border and not itself; `null`, which any sandboxed frame can send; `*` for all of them, `null` included.
  /// - Throws: the first text that is none of these.
  public init(_ origins: [String]) throws(InvalidOrigin) {
    var exact: Set<Origin> = []
    var subdomains: [Origin] = []
    for text in origins where text != "*" && text != "null" {
      if let origin = OriginPolicy.parent(text) {
        subdomains.append(origin)
      } else if let origin = Origin(text) {
        exact.insert(origin)
      } else {
        throw InvalidOrigin(text: text)
      }
    }
    self.init(
      exact: exact, subdomains: subdomains, permitsNull: origins.contains("null"), permitsAny: origins.contains("*"))
  }

  /// Whether the field names an origin of the list; the route's own origin is not part of it.
  public func lists(_ field: OriginField) -> Bool {
    switch field {
    case .absent, .malformed: return false
    case .null: return permitsNull || permitsAny
    case .origin(let origin):
      return permitsAny || exact.contains(origin) || subdomains.contains { OriginPolicy.isBelow(origin, $0) }
    }
  }

  /// Decides about a request.
  ///
  /// - Parameters:
  ///   - request: what the head says about where it comes from.
  ///   - use: what the request would do.
  public func decide(_ request: OriginContext, for use: OriginUse) -> OriginDecision {
    switch request.origin {
    case .malformed: return .refused
    case .null: return lists(request.origin) ? .listed : .refused
    case .origin(let origin):
      if request.isSameOrigin(origin) { return .same }
      return lists(request.origin) ? .listed : .refused
    case .absent:
      guard request.hasCookies else { return .absent }
      // Script elements and images send cookies and no Origin; this is how a browser tells where they stand.
      if request.isCrossSite, !permitsAny { return .refused }
      if cookiesAuthenticate, use != .read { return .refused }
      return .absent
    }
  }

  /// `https://*.example.com` as the origin below which it permits.
  private static func parent(_ text: String) -> Origin? {
    let parts = text.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].hasSuffix("://"), parts[1].hasPrefix("."),
      let origin = Origin(String(parts[0] + parts[1].dropFirst())), !origin.host.hasPrefix("[")
    else { return nil }
    return origin
  }

  private static func isBelow(_ origin: Origin, _ parent: Origin) -> Bool {
    origin.scheme == parent.scheme && origin.port == parent.port
      && origin.host.utf8.count > parent.host.utf8.count + 1 && origin.host.hasSuffix("." + parent.host)
  }
}

/// What a request whose origin is judged would do.
public enum OriginUse: Sendable, Hashable {
  /// Receive: event stream, stream, long-poll, JSONP.
  case read
  /// Open a WebSocket.
  case webSocket
  /// Send: a POST.
  case write
}

/// The outcome for one request.
public enum OriginDecision: Sendable, Hashable {
  /// The route's own origin.
  case same
  /// An origin of the list.
  case listed
  /// No origin was named and none was needed.
  case absent
  /// Answer 403 before any session work.
  case refused

  /// Whether the request may go on.
  public var isPermitted: Bool { self != .refused }
}
