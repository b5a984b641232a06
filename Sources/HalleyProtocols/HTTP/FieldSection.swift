/// The field lines of a head (RFC 9112 §5), and what the fields that steer the connection say.
struct FieldSection {
  private(set) var entries: [HTTPRequestHead.Entry] = []
  private(set) var host: Range<Int>?
  private(set) var contentLength: Range<Int>?
  private(set) var transferEncoding: Range<Int>?
  private(set) var hasUpgrade = false
  private(set) var close = false
  private(set) var keepAlive = false
  private(set) var expectsContinue = false
  private(set) var unknownExpectation = false
  private var once: Once = []

  /// Fields that may stand once only: two of them are two readings of one request.
  private struct Once: OptionSet {
    let rawValue: UInt8
    static let host = Once(rawValue: 1)
    static let contentLength = Once(rawValue: 2)
    static let origin = Once(rawValue: 4)
    static let authorization = Once(rawValue: 8)
    static let webSocketKey = Once(rawValue: 16)
    static let webSocketVersion = Once(rawValue: 32)
  }

  /// Parses the lines from `from` to the empty line, which must be the end of the bytes.
  init(_ bytes: Span<UInt8>, from: Int, limits: HTTPHeadLimits) throws(HTTPRefusal) {
    entries.reserveCapacity(20)
    var at = from
    while true {
      guard at < bytes.count else { throw .incompleteHead }
      if bytes[at] == ASCII.carriageReturn { break }
      at = try readLine(bytes, at, limits: limits)
      guard at - from <= limits.maxFieldSection else { throw .fieldsTooLarge }
    }
    try HTTPHeadParser.requireLineEnd(bytes, at)
    guard at + 2 == bytes.count else { throw .incompleteHead }
  }

  /// Reads the line that starts at `start` and returns where the next one starts.
  private mutating func readLine(
    _ bytes: Span<UInt8>, _ start: Int, limits: HTTPHeadLimits
  ) throws(HTTPRefusal) -> Int {
    let colon = ByteSearch.endOfToken(bytes, start..<bytes.count)
    guard colon > start, colon < bytes.count, bytes[colon] == ASCII.colon else {
      // RFC 9112 §5.2: a line that begins with white space would continue the one before it.
      if bytes[start] == ASCII.space || bytes[start] == ASCII.tab { throw .foldedField }
      throw .malformedFieldName
    }
    let end = ByteSearch.endOfText(bytes, from: colon + 1)
    guard end - start <= limits.maxLine, entries.count < limits.maxFields else { throw .fieldsTooLarge }
    try HTTPHeadParser.requireLineEnd(bytes, end)
    let name = start..<colon
    let value = ASCII.trimmed(bytes, (colon + 1)..<end)
    entries.append(
      HTTPRequestHead.Entry(
        nameStart: UInt32(truncatingIfNeeded: name.lowerBound), nameEnd: UInt32(truncatingIfNeeded: name.upperBound),
        valueStart: UInt32(truncatingIfNeeded: value.lowerBound),
        valueEnd: UInt32(truncatingIfNeeded: value.upperBound)))
    try note(bytes, name, value, padded: (colon + 1)..<end)
    return end + 2
  }

  /// Takes in a field that steers the connection. Length and first letter sort out nearly all others.
  private mutating func note(
    _ bytes: Span<UInt8>, _ name: Range<Int>, _ value: Range<Int>, padded: Range<Int>
  ) throws(HTTPRefusal) {
    func named(_ wanted: String) -> Bool { ASCII.matches(bytes, name, wanted.utf8Span.span) }
    switch (name.count, bytes[name.lowerBound] | 0x20) {
    case (4, 0x68) where named("host"):
      try take(.host)
      host = value
    case (6, 0x65) where named("expect"):
      if ASCII.matches(bytes, value, "100-continue".utf8Span.span) {
        expectsContinue = true
      } else {
        unknownExpectation = true
      }
    case (6, 0x6F) where named("origin"):
      try take(.origin)
    case (7, 0x75) where named("upgrade"):
      hasUpgrade = true
    case (10, 0x63) where named("connection"):
      if ListElements.contains(bytes, value, "close".utf8Span.span) { close = true }
      if ListElements.contains(bytes, value, "keep-alive".utf8Span.span) { keepAlive = true }
    case (13, 0x61) where named("authorization"):
      try take(.authorization)
    case (14, 0x63) where named("content-length"):
      try take(.contentLength)
      try refuseTabs(bytes, padded, .malformedContentLength)
      contentLength = value
    case (17, 0x74) where named("transfer-encoding"):
      guard transferEncoding == nil else { throw .malformedTransferCoding }
      try refuseTabs(bytes, padded, .malformedTransferCoding)
      transferEncoding = value
    case (17, 0x73) where named("sec-websocket-key"):
      try take(.webSocketKey)
    case (21, 0x73) where named("sec-websocket-version"):
      try take(.webSocketVersion)
    default: break
    }
  }

  private mutating func take(_ field: Once) throws(HTTPRefusal) {
    guard once.insert(field).inserted else { throw .duplicateField }
  }

  /// A tab around a length or a coding is legal, but other parsers keep it as part of the value and then frame the
  /// body differently. Nobody sends one for an honest reason.
  private func refuseTabs(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ refusal: HTTPRefusal
  ) throws(HTTPRefusal) {
    for at in range where bytes[at] == ASCII.tab { throw refusal }
  }
}
