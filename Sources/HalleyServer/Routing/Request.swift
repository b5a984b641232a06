public import HTTPTypes

/// A request as a handler sees it: a value that knows neither evhttp nor the engine.
public struct Request: Sendable {
  /// The method; HEAD reaches a GET handler as GET.
  public var method: HTTPRequest.Method
  /// The percent-decoded path below the site's mount, starting with a slash.
  public var path: String
  /// The whole decoded path.
  public var absolutePath: String
  /// The decoded query, in order; names may repeat.
  public var query: Query
  /// Field section of the request.
  public var headerFields: HTTPFields
  /// The body, at most `http.body` bytes.
  public var body: [UInt8]
  /// Values of the pattern's parameters: `/rooms/:room` gives `room`.
  public var parameters: [String: String]
  /// The authority the request was sent to, lower case, with a port if it had one.
  public var authority: String
  /// The peer's address, without the port.
  public var peer: String

  /// The value of a parameter of the path, or the empty string when the pattern has none of that name.
  public subscript(_ parameter: String) -> String { parameters[parameter] ?? "" }

  package init(
    method: HTTPRequest.Method, path: String, absolutePath: String, query: Query, headerFields: HTTPFields,
    body: [UInt8], parameters: [String: String], authority: String, peer: String
  ) {
    self.method = method
    self.path = path
    self.absolutePath = absolutePath
    self.query = query
    self.headerFields = headerFields
    self.body = body
    self.parameters = parameters
    self.authority = authority
    self.peer = peer
  }

  /// The decoded pairs of a query.
  public struct Query: Sendable, Hashable {
    /// Names and values in the order they came.
    public var pairs: [Pair]

    /// One `name=value`.
    public struct Pair: Sendable, Hashable {
      /// The decoded name.
      public var name: String
      /// The decoded value; empty when there was none.
      public var value: String
    }

    package init(_ pairs: [Pair] = []) { self.pairs = pairs }

    /// The first value of that name, or nil.
    public subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
  }
}
