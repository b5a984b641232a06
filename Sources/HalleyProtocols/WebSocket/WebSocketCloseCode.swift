/// A status code of the closing handshake (RFC 6455 §7.4).
@frozen public struct WebSocketCloseCode: RawRepresentable, BitwiseCopyable, Hashable, Sendable {
  /// The number on the wire.
  public var rawValue: UInt16

  /// Any number; `isSendable` and `isReceivable` say whether it may travel.
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// 1000: the purpose is fulfilled.
  @inlinable public static var normal: Self { Self(rawValue: 1000) }
  /// 1001: the server stops, or the page is left.
  @inlinable public static var goingAway: Self { Self(rawValue: 1001) }
  /// 1002: a protocol error.
  @inlinable public static var protocolError: Self { Self(rawValue: 1002) }
  /// 1003: a kind of data that is not accepted.
  @inlinable public static var unsupportedData: Self { Self(rawValue: 1003) }
  /// 1005: the peer's close frame had no code. Never sent.
  @inlinable public static var noStatus: Self { Self(rawValue: 1005) }
  /// 1006: the connection ended without a close frame. Never sent.
  @inlinable public static var abnormal: Self { Self(rawValue: 1006) }
  /// 1007: text that is not UTF-8, or data that does not inflate.
  @inlinable public static var invalidPayload: Self { Self(rawValue: 1007) }
  /// 1008: against a policy, for example too many pings.
  @inlinable public static var policyViolation: Self { Self(rawValue: 1008) }
  /// 1009: a message or a frame above the limit.
  @inlinable public static var messageTooBig: Self { Self(rawValue: 1009) }
  /// 1011: the handler failed.
  @inlinable public static var internalError: Self { Self(rawValue: 1011) }
  /// 1012: the server restarts.
  @inlinable public static var serviceRestart: Self { Self(rawValue: 1012) }
  /// 1013: overload; try again later.
  @inlinable public static var tryAgainLater: Self { Self(rawValue: 1013) }

  /// 4100: the peer takes its messages too slowly; it should come back later.
  @inlinable public static var slowConsumer: Self { Self(rawValue: 4100) }

  /// Whether a peer may send this code: 1000–1003, 1007–1014, 3000–4999. Anything else in a close frame is 1002.
  public var isReceivable: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// Whether we may send this code: the same set, which leaves out 1005, 1006 and 1015.
  public var isSendable: Bool { isReceivable }
}

/// The payload of a close frame (RFC 6455 §5.5.1): nothing, or a code and a reason in UTF-8.
public enum WebSocketClosePayload {
  /// Most bytes of a reason: 125 for a control frame less two for the code.
  public static let maxReason = 123

  /// Reads a received payload: the code, or the code to fail with.
  ///
  /// No payload is 1005; a single byte or a code that may not travel fails with 1002; a reason that is not UTF-8 with
  /// 1007. The reason is everything after the first two bytes.
  public static func parse(_ payload: Span<UInt8>) -> Result {
    if payload.count == 0 { return .received(.noStatus) }
    if payload.count == 1 { return .failure(.protocolError) }
    let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    if !code.isReceivable { return .failure(.protocolError) }
    if !WebSocketUTF8.isValid(payload.extracting(2..<payload.count)) { return .failure(.invalidPayload) }
    return .received(code)
  }

  /// What a received payload means.
  public enum Result: Equatable, Sendable {
    /// A good close frame.
    case received(WebSocketCloseCode)
    /// Fail the connection with this code.
    case failure(WebSocketCloseCode)
  }

  /// The payload to send: at most 125 bytes, the reason cut at a scalar border.
  ///
  /// A code that may not travel gives an empty payload: 1005 and 1006 mean "without a code", and the rest are the
  /// caller's mistake that the peer must not see.
  public static func encode(_ code: WebSocketCloseCode, reason: String = "") -> [UInt8] {
    guard code.isSendable else { return [] }
    var payload = [UInt8(truncatingIfNeeded: code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)]
    for scalar in reason.unicodeScalars {
      let encoded = UTF8.encode(scalar)
      guard let encoded, payload.count + encoded.count <= 2 + maxReason else { break }
      payload.append(contentsOf: encoded)
    }
    return payload
  }
}
