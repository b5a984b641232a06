/// The request methods that are served; every other one answers 501 (RFC 9110 §9.1).
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
  /// RFC 9110 §9.3.1. A body is allowed and dropped.
  case get = "GET"
  /// RFC 9110 §9.3.2. Must not have a body.
  case head = "HEAD"
  /// RFC 9110 §9.3.3.
  case post = "POST"
  /// RFC 9110 §9.3.4.
  case put = "PUT"
  /// RFC 5789.
  case patch = "PATCH"
  /// RFC 9110 §9.3.5.
  case delete = "DELETE"
  /// RFC 9110 §9.3.7; the only method that may have the target `*`.
  case options = "OPTIONS"

  /// The method spelt by the bytes, or nil. Methods are case-sensitive.
  init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard range.count >= 3, range.upperBound <= bytes.count else { return nil }
    let method: HTTPMethod
    switch (range.count, bytes[range.lowerBound]) {
    case (3, 0x47): method = .get
    case (3, _): method = .put
    case (4, 0x48): method = .head
    case (4, _): method = .post
    case (5, _): method = .patch
    case (6, _): method = .delete
    case (7, _): method = .options
    default: return nil
    }
    var at = range.lowerBound
    for byte in method.rawValue.utf8 {
      guard bytes[at] == byte else { return nil }
      at += 1
    }
    self = method
  }
}
