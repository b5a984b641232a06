/// How long the body of a request is (RFC 9112 §6): decided once, with no second reading possible.
struct MessageFraming {
  var contentLength: Int?
  var isChunked = false

  /// Judges the fields about length together with the request line.
  init(_ bytes: Span<UInt8>, _ section: FieldSection, _ line: RequestLine) throws(HTTPRefusal) {
    if let range = section.contentLength {
      contentLength = try MessageFraming.length(bytes, range)
      // RFC 9112 §6.1: both together are an attempt at request smuggling.
      if section.transferEncoding != nil { throw .conflictingLength }
    }
    if let range = section.transferEncoding {
      // RFC 9112 §6.1: a transfer coding in an HTTP/1.0 message is faulty framing.
      guard line.minorVersion > 0 else { throw .malformedTransferCoding }
      try MessageFraming.requireChunked(bytes, range)
      isChunked = true
    }
    guard isChunked || (contentLength ?? 0) > 0 else { return }
    // RFC 9110 §9.3.2 for HEAD. Of a method we do not know we cannot say where its body ends, and after an upgrade
    // the bytes belong to another protocol.
    guard let method = line.method, method != .head, !section.hasUpgrade else { throw .unexpectedBody }
  }

  /// RFC 9110 §8.6: digits only, no sign, no list; the value must fit 63 bits.
  private static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) -> Int {
    guard !range.isEmpty else { throw .malformedContentLength }
    var value = 0
    for at in range {
      guard ASCII.isDigit(bytes[at]) else { throw .malformedContentLength }
      let (shifted, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = shifted.addingReportingOverflow(Int(bytes[at] - ASCII.zero))
      guard !over, !more else { throw .malformedContentLength }
      value = sum
    }
    return value
  }

  /// RFC 9112 §6.1: `chunked` alone is served. Ending in one `chunked` after other codings is well formed but not
  /// implemented; anything else leaves the end of the body unknown.
  private static func requireChunked(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) {
    let chunked = "chunked".utf8Span.span
    if ASCII.matches(bytes, range, chunked) { return }
    var start = range.lowerBound
    while true {
      var end = start
      while end < range.upperBound, bytes[end] != ASCII.comma { end += 1 }
      let element = ASCII.trimmed(bytes, start..<end)
      if end == range.upperBound {
        guard start > range.lowerBound, ASCII.matches(bytes, element, chunked) else { throw .malformedTransferCoding }
        throw .unsupportedTransferCoding
      }
      // The coding's own name ends at a parameter; `chunked;x` before the end is chunked twice as well.
      var nameEnd = element.lowerBound
      while nameEnd < element.upperBound, ASCII.isToken(bytes[nameEnd]) { nameEnd += 1 }
      let name = element.lowerBound..<nameEnd
      guard !name.isEmpty, !ASCII.matches(bytes, name, chunked) else { throw .malformedTransferCoding }
      start = end + 1
    }
  }
}
