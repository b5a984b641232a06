internal import CHalleyShims
internal import HTTPTypes
internal import HalleyProtocols

/// How the end of a response's body is told (RFC 9112 §6.3).
enum ResponseFraming {
  /// By `Content-Length`.
  case length(Int)
  /// By the last chunk.
  case chunked
  /// By the end of the connection, for HTTP/1.0.
  case connection
  /// There is none: 204, 304.
  case none
}

/// Writes response heads into the carrier's buffer: status line from constant text, `Date`, the fields given, and the
/// fields that belong to the connection.
struct ResponseHeadWriter {
  let buffer = HeadBuffer()
  private var date = HTTPDate()

  /// Starts a head.
  mutating func begin(_ status: Int) {
    buffer.reset()
    if status == 200 {
      buffer.append("HTTP/1.1 200 OK\r\nDate: ")
    } else {
      buffer.append("HTTP/1.1 ")
      buffer.append(decimal: min(max(status, 100), 999))
      buffer.append(" ")
      buffer.append(ReasonPhrase.of(status))
      buffer.append("\r\nDate: ")
    }
    date.advance(to: halley_wall_seconds())
    buffer.append(date.bytes)
    buffer.append("\r\n")
  }

  /// Adds a field, unless it is one that the carrier writes itself.
  func add(_ name: String, _ value: String) {
    if Self.isReserved(name) { return }
    buffer.append(name: name, value: value)
  }

  func add(_ fields: HTTPFields) {
    for field in fields { add(field.name.rawName, field.value) }
  }

  /// Ends the head. Returns false if a field would have broken it.
  func finish(_ framing: ResponseFraming, closes: Bool, minorVersion: Int) -> Bool {
    switch framing {
    case .length(let length):
      buffer.append("Content-Length: ")
      buffer.append(decimal: length)
      buffer.append("\r\n")
    case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
    case .connection, .none: break
    }
    if closes {
      buffer.append("Connection: close\r\n\r\n")
    } else if minorVersion == 0 {
      buffer.append("Connection: keep-alive\r\n\r\n")
    } else {
      buffer.append("\r\n")
    }
    return !buffer.isBroken
  }

  /// A whole answer with a constant body, `{"error":"<code>"}`, that ends the connection.
  ///
  /// - Parameters:
  ///   - fields: what the policy of the request's route adds; left out if they would break the head.
  ///   - toHead: the request was a HEAD, whose answer has no body whatever it is (RFC 9110 §9.3.2).
  mutating func error(_ status: Int, _ code: String, _ fields: [(String, String)] = [], toHead: Bool = false) {
    begin(status)
    for (name, value) in fields { add(name, value) }
    if buffer.isBroken { return error(status, code, toHead: toHead) }
    buffer.append("Content-Type: application/json\r\nContent-Length: ")
    buffer.append(decimal: code.utf8.count + 12)
    buffer.append("\r\nConnection: close\r\n\r\n")
    if toHead { return }
    buffer.append("{\"error\":\"")
    buffer.append(Array(code.utf8))
    buffer.append("\"}")
  }

  private static func isReserved(_ name: String) -> Bool {
    switch name.utf8.count {
    case 4: equal(name, "date")
    case 10: equal(name, "connection") || equal(name, "keep-alive")
    case 14: equal(name, "content-length")
    case 17: equal(name, "transfer-encoding")
    default: false
    }
  }

  private static func equal(_ name: String, _ lowercased: String) -> Bool {
    name.utf8.elementsEqual(lowercased.utf8) { ($0 &- 0x41 < 26 ? $0 | 0x20 : $0) == $1 }
  }
}
