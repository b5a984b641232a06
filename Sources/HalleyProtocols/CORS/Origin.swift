/// A web origin: scheme, host and port, in the one form in which two of them can be compared (RFC 6454 §4).
public struct Origin: Sendable, Hashable, CustomStringConvertible {
  /// The scheme in lower case.
  public let scheme: String
  /// The host in lower case, as in ``Authority/host``.
  public let host: String
  /// The port; nil when it is the scheme's own, or when the scheme has none.
  public let port: UInt16?

  /// Parses `scheme://host[:port]` with nothing after it: no path, no user information, no list.
  ///
  /// Case is ignored and a written default port dropped, as in the comparison of URLs.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes[...])
  }

  /// Parses the bytes as ``init(_:)-(String)`` does.
  public init?(_ bytes: ArraySlice<UInt8>) {
    guard let colon = bytes.firstIndex(of: ASCII.colon), colon > bytes.startIndex,
      bytes[colon...].starts(with: "://".utf8), ASCII.isLetter(bytes[bytes.startIndex])
    else { return nil }
    let name = bytes[..<colon]
    // RFC 3986 §3.1.
    guard
      name.allSatisfy({
        ASCII.isLetter($0) || ASCII.isDigit($0) || $0 == ASCII.plus || $0 == ASCII.minus || $0 == ASCII.dot
      }),
      bytes.last != ASCII.colon
    else { return nil }
    let rest = bytes[(colon + 3)...]
    guard let authority = Authority(parsing: rest.span) else { return nil }
    scheme = String(decoding: name.map(ASCII.lowercased), as: UTF8.self)
    host = authority.host
    port = authority.port == Origin.defaultPort(of: scheme) ? nil : authority.port
  }

  /// The port a URL of that scheme means without saying so.
  static func defaultPort(of scheme: String) -> UInt16? {
    switch scheme {
    case "http", "ws": 80
    case "https", "wss": 443
    default: nil
    }
  }

  /// The origin as a browser writes it.
  public var description: String {
    if let port { "\(scheme)://\(host):\(port)" } else { "\(scheme)://\(host)" }
  }
}

/// What the `Origin` field of a request says (RFC 6454 §7.3).
public enum OriginField: Sendable, Hashable {
  /// No such field: not a browser, or a same-origin or plain navigation request of one.
  case absent
  /// `null`: a sandboxed frame, a file, a redirected request.
  case null
  /// One origin.
  case origin(Origin)
  /// Anything else, an empty value included.
  case malformed

  /// Reads the field's value; nil is an absent field.
  public init(_ value: ArraySlice<UInt8>?) {
    guard let value else {
      self = .absent
      return
    }
    if value.elementsEqual("null".utf8) {
      self = .null
    } else if let origin = Origin(value) {
      self = .origin(origin)
    } else {
      self = .malformed
    }
  }
}
