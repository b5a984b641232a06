public import HTTPTypes
package import HalleyProtocols

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
  /// Field section of the request. Most handlers never ask, so it is made of the received bytes each time it is read;
  /// keep it in a local to look at many fields.
  public var headerFields: HTTPFields {
    get { ownFields ?? HTTPFields(received) }
    set { ownFields = newValue }
  }
  /// The body, at most `http.body` bytes.
  public var body: [UInt8]
  /// Values of the pattern's parameters: `/rooms/:room` gives `room`.
  public var parameters: [String: String]
  /// The authority the request was sent to, lower case, with a port if it had one.
  public var authority: String
  /// The peer's address, without the port.
  public var peer: String

  private var received: HTTPRequestHead.Fields
  /// In place of what was received.
  private var ownFields: HTTPFields?

  /// The value of a parameter of the path, or the empty string when the pattern has none of that name.
  public subscript(_ parameter: String) -> String { parameters[parameter] ?? "" }

  package init(
    method: HTTPRequest.Method, path: String, absolutePath: String, query: Query, fields: HTTPRequestHead.Fields,
    body: [UInt8], parameters: [String: String], authority: String, peer: String
  ) {
    self.method = method
    self.path = path
    self.absolutePath = absolutePath
    self.query = query
    received = fields
    self.body = body
    self.parameters = parameters
    self.authority = authority
    self.peer = peer
  }

  /// The same in as little memory as it takes, for one that is kept as long as its connection.
  func compacted() -> Request {
    var copy = self
    copy.received = received.compacted()
    return copy
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

extension HTTPFields {
  /// Fields as they were received.
  init(_ received: HTTPRequestHead.Fields) {
    self.init()
    reserveCapacity(received.count)
    for field in received {
      if let name = HTTPField.Name(field.name) { append(HTTPField(name: name, value: field.value)) }
    }
  }
}
