/// The parts of a request line (RFC 9112 §3), as ranges of the head.
struct RequestLine {
  /// Nil for a method that is not served; the rest of the head is still judged, so that a body is refused first.
  let method: HTTPMethod?
  let target: Range<Int>
  /// The authority of an absolute-form target.
  var authority: Range<Int>?
  /// Empty for an absolute-form target without a path, which means `/`.
  var path: Range<Int>
  var query: Range<Int>?
  let minorVersion: Int

  /// Parses the line in `range`, its line end left out.
  init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) {
    guard !range.isEmpty else { throw .malformedLineEnd }
    let at = ByteSearch.endOfToken(bytes, range)
    guard at > range.lowerBound, at < range.upperBound, bytes[at] == ASCII.space else { throw .malformedRequestLine }
    method = HTTPMethod(bytes, range.lowerBound..<at)

    let start = at + 1
    let (end, question) = try RequestLine.scanTarget(bytes, start..<range.upperBound)
    guard end > start, end < range.upperBound else { throw .malformedRequestLine }
    target = start..<end
    minorVersion = try RequestLine.version(bytes, (end + 1)..<range.upperBound)

    path = start..<(question ?? end)
    query = question.map { ($0 + 1)..<end }
    switch bytes[start] {
    case ASCII.slash: break
    case ASCII.asterisk:
      // RFC 9112 §3.2.4.
      guard end == start + 1, method == .options || method == nil else { throw .malformedTarget }
    default: try readAbsoluteForm(bytes)
    }
  }

  /// RFC 9112 §3.2.2: `http://authority/path?query`. The authority stands to be parsed and wins over Host.
  private mutating func readAbsoluteForm(_ bytes: Span<UInt8>) throws(HTTPRefusal) {
    let secure = "https://".utf8Span.span
    let plain = "http://".utf8Span.span
    let schemeLength: Int
    if target.count > plain.count, ASCII.matches(bytes, target.prefix(plain.count), plain) {
      schemeLength = plain.count
    } else if target.count > secure.count, ASCII.matches(bytes, target.prefix(secure.count), secure) {
      schemeLength = secure.count
    } else {
      throw .malformedTarget
    }
    let start = target.lowerBound + schemeLength
    var end = start
    while end < path.upperBound, bytes[end] != ASCII.slash { end += 1 }
    guard end > start else { throw .malformedHost }
    authority = start..<end
    path = end..<path.upperBound
  }

  /// Where the target ends, and where its first `?` is.
  ///
  /// Accepts visible ASCII except `#`. Browsers send some bytes raw that RFC 3986 wants escaped (`|`, `[`, `{`), so
  /// those pass; percent escapes must be whole, and `%00` never is part of a name we serve.
  private static func scanTarget(
    _ bytes: Span<UInt8>, _ range: Range<Int>
  ) throws(HTTPRefusal) -> (end: Int, question: Int?) {
    var at = range.lowerBound
    var question: Int?
    while true {
      at = ByteSearch.endOfPlainTarget(bytes, at..<range.upperBound)
      guard at < range.upperBound else { return (at, question) }
      switch bytes[at] {
      case ASCII.space: return (at, question)
      case ASCII.questionMark:
        if question == nil { question = at }
        at += 1
      case ASCII.percent:
        guard at + 2 < range.upperBound,
          let high = ASCII.hexValue(bytes[at + 1]), let low = ASCII.hexValue(bytes[at + 2]), high | low != 0
        else { throw .malformedTarget }
        at += 3
      default: throw .malformedTarget
      }
    }
  }

  /// RFC 9110 §2.5: 1.0 is itself, 1.1 to 1.9 are served as 1.1; every other number is refused.
  private static func version(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HTTPRefusal) -> Int {
    let name = "HTTP/".utf8
    guard range.count > name.count else { throw .malformedRequestLine }
    var at = range.lowerBound
    for byte in name {
      guard bytes[at] == byte else { throw .malformedRequestLine }
      at += 1
    }
    for index in range where bytes[index] <= ASCII.space || bytes[index] >= ASCII.delete {
      throw .malformedRequestLine
    }
    guard range.upperBound - at == 3, bytes[at] == ASCII.zero + 1, bytes[at + 1] == ASCII.dot,
      ASCII.isDigit(bytes[at + 2])
    else { throw .unsupportedVersion }
    return bytes[at + 2] == ASCII.zero ? 0 : 1
  }
}
