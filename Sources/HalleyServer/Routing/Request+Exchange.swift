import HTTPTypes
import HalleyProtocols

extension Request {
  /// The request of an exchange, as a value; nil when its query cannot be decoded.
  init?(_ exchange: HTTPExchange, _ path: RequestPath, mountDepth: Int, parameters: [String: String]) {
    let head = exchange.head
    guard let query = QueryString(decoding: head.query) else { return nil }
    let below = path.segments.dropFirst(mountDepth)
    self.init(
      method: HTTPRequest.Method(head.method), path: Self.joined(below, path.hasTrailingSlash),
      absolutePath: Self.joined(path.segments[...], path.hasTrailingSlash),
      query: Query(query.pairs.map { Query.Pair(name: $0.name, value: $0.value) }), fields: head.fields,
      body: exchange.body, parameters: parameters, authority: head.authority?.description ?? "", peer: exchange.peer)
  }

  /// The JSONP callback that the query names, if it is named once and is a name.
  func callback(_ parameter: String) -> JSONPCallback? {
    let named = query.pairs.filter { $0.name == parameter }
    return named.count == 1 ? JSONPCallback(Array(named[0].value.utf8)) : nil
  }

  private static func joined(_ segments: ArraySlice<String>, _ slash: Bool) -> String {
    segments.isEmpty ? "/" : "/" + segments.joined(separator: "/") + (slash ? "/" : "")
  }
}

extension HTTPRequest.Method {
  /// HEAD is GET to a handler; the carrier leaves the body out.
  init(_ method: HTTPMethod) {
    switch method {
    case .get, .head: self = .get
    case .post: self = .post
    case .put: self = .put
    case .patch: self = .patch
    case .delete: self = .delete
    case .options: self = .options
    }
  }
}
