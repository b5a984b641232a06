/// Why a request head is refused: one case per rule, each with the status and the constant code the peer sees.
///
/// The connection never survives a refusal: where a head cannot be trusted, neither can the place where the next one
/// starts (RFC 9112 §11.2). Answer with `Connection: close`, run no handler, repeat nothing of the request.
public enum HTTPRefusal: UInt8, Error, Sendable, Hashable, CaseIterable, BitwiseCopyable {
  /// The bytes end before the head does, or go on after it.
  case incompleteHead
  /// A bare CR, a bare LF or an empty line before the request line (RFC 9112 §2.2).
  case malformedLineEnd
  /// NUL or another control byte inside a line (RFC 9110 §5.5).
  case controlByte
  /// Not `method SP target SP version` with single spaces (RFC 9112 §3).
  case malformedRequestLine
  /// A byte that may not stand in a target, a broken percent escape, `%00`, or an unknown form (RFC 9112 §3.2).
  case malformedTarget
  /// A version other than 1.0 to 1.9 (RFC 9110 §2.5).
  case unsupportedVersion
  /// A method outside ``HTTPMethod``.
  case unknownMethod
  /// The request line is longer than ``HTTPHeadLimits/maxLine``.
  case targetTooLong
  /// A field line, their number or their sum is over the limits.
  case fieldsTooLarge
  /// A continuation line (`obs-fold`, RFC 9112 §5.2).
  case foldedField
  /// A field name that is no token, a missing colon, or space before the colon (RFC 9112 §5.1).
  case malformedFieldName
  /// A field that must stand once stands twice.
  case duplicateField
  /// `Content-Length` is not plain decimal digits below 2^63 (RFC 9110 §8.6).
  case malformedContentLength
  /// `Content-Length` and `Transfer-Encoding` together (RFC 9112 §6.1).
  case conflictingLength
  /// `Transfer-Encoding` does not end in exactly one `chunked`, or comes with HTTP/1.0 (RFC 9112 §6.1).
  case malformedTransferCoding
  /// A transfer coding besides `chunked` that this server does not decode (RFC 9112 §6.1).
  case unsupportedTransferCoding
  /// A body with a method or an upgrade that has none.
  case unexpectedBody
  /// HTTP/1.1 without `Host` (RFC 9112 §3.2).
  case missingHost
  /// `Host` or the authority of the target is not `host [":" port]`.
  case malformedHost
  /// `Expect` other than `100-continue` (RFC 9110 §10.1.1).
  case unknownExpectation
  /// The authority is not one of this server's (RFC 9110 §15.5.20).
  case misdirected

  /// The status of the answer.
  public var status: Int {
    switch self {
    case .targetTooLong: 414
    case .unknownExpectation: 417
    case .misdirected: 421
    case .fieldsTooLarge: 431
    case .unknownMethod, .unsupportedTransferCoding: 501
    case .unsupportedVersion: 505
    default: 400
    }
  }

  /// The code for the body `{"error":"<code>"}` and for the log: constant, snake case, ASCII.
  public var code: String {
    switch self {
    case .incompleteHead: "incomplete_head"
    case .malformedLineEnd: "malformed_line_end"
    case .controlByte: "control_byte"
    case .malformedRequestLine: "malformed_request_line"
    case .malformedTarget: "malformed_target"
    case .unsupportedVersion: "unsupported_version"
    case .unknownMethod: "unknown_method"
    case .targetTooLong: "target_too_long"
    case .fieldsTooLarge: "fields_too_large"
    case .foldedField: "folded_field"
    case .malformedFieldName: "malformed_field_name"
    case .duplicateField: "duplicate_field"
    case .malformedContentLength: "malformed_content_length"
    case .conflictingLength: "conflicting_length"
    case .malformedTransferCoding: "malformed_transfer_coding"
    case .unsupportedTransferCoding: "unsupported_transfer_coding"
    case .unexpectedBody: "unexpected_body"
    case .missingHost: "missing_host"
    case .malformedHost: "malformed_host"
    case .unknownExpectation: "unknown_expectation"
    case .misdirected: "misdirected"
    }
  }
}
