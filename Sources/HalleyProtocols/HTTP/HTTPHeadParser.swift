/// The strict parser of a complete request head, and the gate that every request passes (RFC 9112).
///
/// ```
/// GET /positions?cursor=x HTTP/1.1 CRLF      request line: method SP target SP version
/// Host: example.com CRLF                     field lines: name ":" OWS value OWS
/// CRLF                                       end of the head
/// ```
///
/// Whatever another parser on the way could understand differently is refused, not repaired: line ends other than
/// CRLF, control bytes, folded lines, odd names, more than one length, any transfer coding but `chunked`. What this
/// parser returned is the only reading of the request; the caller must not consult another one.
public enum HTTPHeadParser {
  /// Parses one head.
  ///
  /// Two allocations for a typical head: the table of fields, and the authority's text if it is longer than 15 bytes.
  ///
  /// - Parameters:
  ///   - bytes: one complete head, up to and including the empty line, as ``HTTPHeadScanner`` cuts it.
  ///   - limits: lengths and counts.
  ///   - meetsExpectations: whatever `Expect` says can be done: for those who answer 417 themselves.
  /// - Throws: the first rule that the head breaks, looking from the start; rules about several fields together come
  ///   after those of each line.
  public static func parse(
    _ bytes: [UInt8], limits: HTTPHeadLimits = HTTPHeadLimits(), meetsExpectations: Bool = false
  ) throws(HTTPRefusal) -> HTTPRequestHead {
    guard bytes.count <= Int(Int32.max) else { throw .fieldsTooLarge }
    let span = bytes.span
    let lineEnd = ByteSearch.endOfText(span, from: 0)
    guard lineEnd <= limits.maxLine else { throw .targetTooLong }
    try requireLineEnd(span, lineEnd)
    let line = try RequestLine(span, 0..<lineEnd)
    let section = try FieldSection(span, from: lineEnd + 2, limits: limits)
    let framing = try MessageFraming(span, section, line)

    // RFC 9112 §3.2: a 1.1 request has exactly one Host, and it is valid even where the target overrides it.
    var authority: Authority?
    if let host = section.host {
      guard let parsed = Authority(span, host) else { throw .malformedHost }
      authority = parsed
    } else if line.minorVersion > 0 {
      throw .missingHost
    }
    if let range = line.authority {
      guard let parsed = Authority(span, range) else { throw .malformedHost }
      authority = parsed
    }
    guard let method = line.method else { throw .unknownMethod }
    // RFC 9110 §10.1.1: a 1.0 client's expectation is ignored, whatever it says.
    if section.unknownExpectation, line.minorVersion > 0, !meetsExpectations { throw .unknownExpectation }
    return HTTPRequestHead(
      bytes: bytes, method: method, minorVersion: line.minorVersion, authority: authority,
      keepAlive: line.minorVersion > 0 ? !section.close : section.keepAlive && !section.close,
      contentLength: framing.contentLength, isChunked: framing.isChunked,
      expectsContinue: section.expectsContinue && line.minorVersion > 0,
      target: line.target, pathRange: line.path, queryRange: line.query, entries: section.entries)
  }

  /// Makes sure that the text that ended at `at` is followed by CRLF, and says what else it was.
  @inline(__always)
  static func requireLineEnd(_ bytes: Span<UInt8>, _ at: Int) throws(HTTPRefusal) {
    if at + 1 < bytes.count, bytes[at] == ASCII.carriageReturn, bytes[at + 1] == ASCII.lineFeed { return }
    throw wrongLineEnd(bytes, at)
  }

  @inline(never)
  private static func wrongLineEnd(_ bytes: Span<UInt8>, _ at: Int) -> HTTPRefusal {
    guard at < bytes.count else { return .incompleteHead }
    switch bytes[at] {
    case ASCII.carriageReturn: return at + 1 < bytes.count ? .malformedLineEnd : .incompleteHead
    case ASCII.lineFeed: return .malformedLineEnd
    default: return .controlByte
    }
  }
}
