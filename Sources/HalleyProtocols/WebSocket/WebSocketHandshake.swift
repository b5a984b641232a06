/// The opening handshake (RFC 6455 §4.2) as a pure decision over an already parsed request.
///
/// It does not look at `Origin`: the origin policy is decided before, for every transport alike.
public struct WebSocketHandshake: Sendable {
  /// What the route offers.
  public struct Offer: Sendable {
    /// Subprotocols in the order of the server's preference; matched by case.
    public var subprotocols: [String]
    /// Whether permessage-deflate is accepted.
    public var compression: Bool

    /// Nothing by default.
    public init(subprotocols: [String] = [], compression: Bool = false) {
      self.subprotocols = subprotocols
      self.compression = compression
    }
  }

  /// Why there is no upgrade, and with which status.
  public enum Rejection: String, Error, Sendable {
    /// Not GET: 405.
    case method = "a WebSocket handshake is a GET"
    /// HTTP/1.0: 400.
    case version = "a WebSocket handshake needs HTTP/1.1"
    /// A request body: 400.
    case body = "a WebSocket handshake has no body"
    /// No Host, or several: 400.
    case host = "a WebSocket handshake has one Host field"
    /// No `websocket` in Upgrade or no `upgrade` in Connection: 426. Other transports of the route may answer instead.
    case notUpgrade = "this address speaks WebSocket"
    /// A version other than 13: 426.
    case webSocketVersion = "WebSocket version 13 is spoken here"
    /// No version, several, or no number: 400. Old drafts (hixie-76) end here.
    case webSocketVersionField = "Sec-WebSocket-Version must be given once"
    /// No key, several, or not 16 bytes of base64: 400.
    case key = "Sec-WebSocket-Key must be 16 bytes in base64"
    /// A subprotocol that is no token, twice, or more than 32 of them: 400.
    case subprotocol = "Sec-WebSocket-Protocol is malformed"
    /// Extensions against the grammar of RFC 6455 §9.1: 400.
    case extensions = "Sec-WebSocket-Extensions is malformed"
    /// The digest is not available: 500.
    case digest = "no SHA-1"

    /// The status of the answer.
    public var status: Int {
      switch self {
      case .method: 405
      case .notUpgrade, .webSocketVersion: 426
      case .digest: 500
      default: 400
      }
    }

    /// Fields that the answer must have besides the usual ones.
    public var fields: [(name: String, value: String)] {
      switch self {
      case .method: [("Allow", "GET")]
      // RFC 9110 §15.5.22, RFC 6455 §4.4.
      case .notUpgrade, .webSocketVersion: [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
      default: []
      }
    }
  }

  /// `Sec-WebSocket-Accept`: 28 characters.
  public let accept: [UInt8]
  /// The chosen subprotocol; nil: none shared, the field is left out.
  public let subprotocol: String?
  /// Compression as agreed; nil: none.
  public let deflate: WebSocketDeflateParameters?

  /// Whether the request asks for a WebSocket: `upgrade` among the connection options and `websocket` among the
  /// upgrades, each a whole list element in any case.
  public static func isRequested(values: (String) -> [ArraySlice<UInt8>]) -> Bool {
    lists("upgrade", in: values("connection")) && lists("websocket", in: values("upgrade"))
  }

  /// Decides a handshake. Linear in the size of the fields.
  ///
  /// - Parameters:
  ///   - values: all values of a field, by its name in lower case, in order; one per field line.
  ///   - sha1: the digest of the bytes, 20 bytes.
  public init(
    isGet: Bool, minorVersion: Int, hasBody: Bool, offer: Offer, values: (String) -> [ArraySlice<UInt8>],
    sha1: ([UInt8]) -> [UInt8]?
  ) throws(Rejection) {
    guard isGet else { throw .method }
    guard minorVersion >= 1 else { throw .version }
    guard !hasBody else { throw .body }
    let host = values("host")
    guard host.count == 1, !host[0].trimmed.isEmpty else { throw .host }
    guard Self.isRequested(values: values) else { throw .notUpgrade }
    try Self.checkVersion(values("sec-websocket-version"))
    let keys = values("sec-websocket-key")
    guard keys.count == 1 else { throw .key }
    let key = keys[0].trimmed
    guard WebSocketBase64.isKey(key) else { throw .key }
    subprotocol = try Self.subprotocol(values("sec-websocket-protocol"), preferred: offer.subprotocols)
    switch WebSocketDeflateParameters.choose(values("sec-websocket-extensions")) {
    case .malformed: throw .extensions
    case .none: deflate = nil
    case .accepted(let parameters): deflate = offer.compression ? parameters : nil
    }
    guard let digest = sha1(key + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)) else { throw .digest }
    accept = WebSocketBase64.encode(digest)
  }

  /// The head of the 101 answer. It has no Content-Length, Transfer-Encoding or Content-Type.
  public var responseHead: [UInt8] {
    var head = Array("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n".utf8)
    head += Array("Sec-WebSocket-Accept: ".utf8)
    head += accept
    if let subprotocol { head += Array("\r\nSec-WebSocket-Protocol: \(subprotocol)".utf8) }
    if let deflate { head += Array("\r\nSec-WebSocket-Extensions: \(deflate.answer)".utf8) }
    head += Array("\r\n\r\n".utf8)
    return head
  }

  private static func lists(_ wanted: StaticString, in lines: [ArraySlice<UInt8>]) -> Bool {
    lines.contains { line in
      line.split(separator: UInt8(ascii: ",")).contains { $0.trimmed.matches(lowercase: wanted) }
    }
  }

  private static func checkVersion(_ lines: [ArraySlice<UInt8>]) throws(Rejection) {
    guard lines.count == 1 else { throw .webSocketVersionField }
    let text = lines[0].trimmed
    // RFC 6455 §4.3: a number of up to three digits without leading zeros.
    guard text.count >= 1, text.count <= 3, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
      text.count == 1 || text.first != 0x30
    else { throw .webSocketVersionField }
    guard text.elementsEqual("13".utf8) else { throw .webSocketVersion }
  }

  private static func subprotocol(
    _ lines: [ArraySlice<UInt8>], preferred: [String]
  ) throws(Rejection) -> String? {
    var offered: [ArraySlice<UInt8>] = []
    for line in lines {
      var scanner = WebSocketFieldScanner(line)
      scanner.skipEmptyElements()
      while !scanner.isAtEnd {
        // 32 bounds the comparison of each with each.
        guard let token = scanner.token(), offered.count < 32, !offered.contains(token) else { throw .subprotocol }
        offered.append(token)
        scanner.skipSpace()
        if !scanner.isAtEnd, !scanner.take(UInt8(ascii: ",")) { throw .subprotocol }
        scanner.skipEmptyElements()
      }
    }
    return preferred.first { name in offered.contains { $0.elementsEqual(name.utf8) } }
  }
}
