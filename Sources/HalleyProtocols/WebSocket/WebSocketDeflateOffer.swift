/// Negotiation of permessage-deflate (RFC 7692 §7.1).
///
/// The answer always says `server_no_context_takeover` and `client_no_context_takeover`: compression contexts belong
/// to the loop, not to the connection, so 10,000 compressed connections cost no more memory than one.
public struct WebSocketDeflateParameters: Equatable, Sendable {
  /// Largest window of what we send, 9–15 bits.
  public var serverWindowBits = 15
  /// What the client offered for its own window, 8–15 bits; nil: not offered, so it may not be in the answer.
  public var clientWindowBits: Int?

  /// The defaults: 15 bits, and nothing said about the client's window.
  public init(serverWindowBits: Int = 15, clientWindowBits: Int? = nil) {
    self.serverWindowBits = serverWindowBits
    self.clientWindowBits = clientWindowBits
  }

  /// The value of the `Sec-WebSocket-Extensions` field of the answer.
  public var answer: String {
    var text = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    if serverWindowBits < 15 { text += "; server_max_window_bits=\(serverWindowBits)" }
    if let bits = clientWindowBits { text += "; client_max_window_bits=\(bits)" }
    return text
  }

  /// What the offers in a client's `Sec-WebSocket-Extensions` lines lead to.
  enum Choice: Equatable {
    case accepted(WebSocketDeflateParameters)
    case none
    /// RFC 6455 §9.1: a value against the grammar fails the handshake.
    case malformed
  }

  /// Takes the first offer we can meet; an offer with a bad, unknown or repeated parameter is declined. Linear.
  static func choose(_ lines: [ArraySlice<UInt8>]) -> Choice {
    var chosen: WebSocketDeflateParameters?
    for line in lines {
      var scanner = WebSocketFieldScanner(line)
      scanner.skipEmptyElements()
      while !scanner.isAtEnd {
        guard let name = scanner.token() else { return .malformed }
        var offer = Offer(isDeflate: name.matches(lowercase: "permessage-deflate"))
        while scanner.take(UInt8(ascii: ";")) {
          guard let parameter = scanner.token() else { return .malformed }
          var value: [UInt8]?
          if scanner.take(UInt8(ascii: "=")) {
            value = scanner.parameterValue()
            if value == nil { return .malformed }
          }
          offer.add(parameter, value)
        }
        if chosen == nil, offer.isGood { chosen = offer.parameters }
        scanner.skipSpace()
        if !scanner.isAtEnd, !scanner.take(UInt8(ascii: ",")) { return .malformed }
        scanner.skipEmptyElements()
      }
    }
    return chosen.map { .accepted($0) } ?? .none
  }

  private struct Offer {
    var isGood: Bool
    var parameters = WebSocketDeflateParameters()
    private var seen: UInt8 = 0

    init(isDeflate: Bool) { isGood = isDeflate }

    mutating func add(_ name: ArraySlice<UInt8>, _ value: [UInt8]?) {
      if name.matches(lowercase: "server_no_context_takeover") {
        isGood = note(1) && value == nil && isGood
      } else if name.matches(lowercase: "client_no_context_takeover") {
        isGood = note(2) && value == nil && isGood
      } else if name.matches(lowercase: "server_max_window_bits") {
        // zlib cannot make a raw stream with a window of 8 bits, so an offer that asks for it is declined.
        guard note(4), let bits = value.flatMap(Self.windowBits), bits > 8 else { return isGood = false }
        parameters.serverWindowBits = bits
      } else if name.matches(lowercase: "client_max_window_bits") {
        let bits = value.map { Self.windowBits($0) } ?? 15
        guard note(8), let bits else { return isGood = false }
        parameters.clientWindowBits = bits
      } else {
        isGood = false
      }
    }

    /// False for a repeated parameter.
    private mutating func note(_ bit: UInt8) -> Bool {
      defer { seen |= bit }
      return seen & bit == 0
    }

    /// RFC 7692 §7.1.2: a decimal from 8 to 15 without leading zeros.
    private static func windowBits(_ text: [UInt8]) -> Int? {
      switch (text.count, text.first, text.last) {
      case (1, let digit?, _) where digit == 0x38 || digit == 0x39: Int(digit) - 0x30
      case (2, 0x31, let digit?) where digit >= 0x30 && digit <= 0x35: Int(digit) - 0x30 + 10
      default: nil
      }
    }
  }
}
