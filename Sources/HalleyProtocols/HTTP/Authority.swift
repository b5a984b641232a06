/// Host and port that a request is addressed to (RFC 9110 §7.2, RFC 3986 §3.2), in comparable form.
public struct Authority: Sendable, Hashable, CustomStringConvertible {
  /// The host in lower case: a name, an IPv4 address, or an IPv6 address in brackets in canonical form.
  ///
  /// A trailing dot, if sent, is kept.
  public let host: String
  /// The port if one was written, 1 to 65535.
  public let port: UInt16?

  /// Makes an authority from parts that are already in the form of ``host``.
  public init(host: String, port: UInt16? = nil) {
    self.host = host
    self.port = port
  }

  /// Parses `host [":" port]`, strictly: letters, digits, `-`, `_` and dots between labels, or a bracketed IPv6
  /// address. No user information, no percent escapes, nothing empty. An empty port (`host:`) counts as absent.
  ///
  /// - Returns: nil if the bytes are anything else, or longer than 255 bytes.
  public init?(parsing bytes: Span<UInt8>) {
    self.init(bytes, 0..<bytes.count)
  }

  /// Parses the text as ``init(parsing:)`` does.
  public init?(_ text: String) {
    self.init(parsing: Array(text.utf8).span)
  }

  /// Parses the part of `bytes` in `range`, which must lie inside.
  init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard !range.isEmpty, range.count <= 261 else { return nil }
    var at = range.lowerBound
    if bytes[at] == 0x5B {
      guard let close = range.first(where: { bytes[$0] == 0x5D }),
        let address = IPv6Literal.canonical(bytes, (at + 1)..<close)
      else { return nil }
      host = "[" + address + "]"
      at = close + 1
    } else {
      var labelStart = at
      var hasUppercase = false
      while at < range.upperBound, bytes[at] != ASCII.colon {
        let byte = bytes[at]
        if byte == ASCII.dot {
          guard at > labelStart else { return nil }
          labelStart = at + 1
        } else {
          guard ASCII.isLetter(byte) || ASCII.isDigit(byte) || byte == ASCII.minus || byte == ASCII.underscore
          else { return nil }
          if byte < 0x60, ASCII.isLetter(byte) { hasUppercase = true }
        }
        at += 1
      }
      guard at > range.lowerBound, at - range.lowerBound <= 255 else { return nil }
      guard let text = Authority.text(bytes, range.lowerBound..<at, lowercasing: hasUppercase) else { return nil }
      host = text
    }
    guard at < range.upperBound else {
      port = nil
      return
    }
    guard bytes[at] == ASCII.colon else { return nil }
    var value = 0
    for index in (at + 1)..<range.upperBound {
      guard ASCII.isDigit(bytes[index]) else { return nil }
      value = value * 10 + Int(bytes[index] - ASCII.zero)
      guard value <= 65535 else { return nil }
    }
    guard at + 1 < range.upperBound else {
      port = nil
      return
    }
    guard value > 0 else { return nil }
    port = UInt16(value)
  }

  /// The authority as it stands in a URL.
  public var description: String {
    if let port { "\(host):\(port)" } else { host }
  }

  private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>, lowercasing: Bool) -> String? {
    guard lowercasing else {
      // The host is ASCII, so this cannot fail; short hosts cost no allocation.
      guard let text = try? UTF8Span(validating: bytes.extracting(range)) else { return nil }
      return String(copying: text)
    }
    var lower: [UInt8] = []
    lower.reserveCapacity(range.count)
    for at in range { lower.append(ASCII.lowercased(bytes[at])) }
    return String(decoding: lower, as: UTF8.self)
  }
}
