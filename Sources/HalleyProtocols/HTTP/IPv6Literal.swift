/// Reads an IPv6 address and writes it the one canonical way, so that `[::1]` and `[0:0:0:0:0:0:0:1]` are one host.
enum IPv6Literal {
  /// The canonical text (RFC 5952 §4) of the address in `range`, without brackets; nil if it is none.
  ///
  /// Zone identifiers are refused: they mean nothing in a request (RFC 9110 §4.2.3 has no such host).
  static func canonical(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String? {
    guard let groups = parse(bytes, range) else { return nil }
    return text(groups)
  }

  private static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt16]? {
    guard range.count >= 2, range.count <= 45 else { return nil }
    var groups: [UInt16] = []
    var gap: Int?
    var at = range.lowerBound
    if bytes[at] == ASCII.colon {
      guard bytes[at + 1] == ASCII.colon else { return nil }
      gap = 0
      at += 2
    }
    while at < range.upperBound {
      guard groups.count < 8 else { return nil }
      let start = at
      var value: UInt16 = 0
      while at < range.upperBound, let digit = ASCII.hexValue(bytes[at]) {
        guard at - start < 4 else { return nil }
        value = value << 4 | UInt16(digit)
        at += 1
      }
      if at < range.upperBound, bytes[at] == ASCII.dot {
        // RFC 4291 §2.2: the last 32 bits may be written as an IPv4 address.
        guard groups.count <= 6, let tail = dotted(bytes, start..<range.upperBound) else { return nil }
        groups += tail
        at = range.upperBound
        break
      }
      guard at > start else { return nil }
      groups.append(value)
      guard at < range.upperBound else { break }
      guard bytes[at] == ASCII.colon, at + 1 < range.upperBound else { return nil }
      at += 1
      if bytes[at] == ASCII.colon {
        guard gap == nil else { return nil }
        gap = groups.count
        at += 1
      }
    }
    guard let gap else { return groups.count == 8 ? groups : nil }
    guard groups.count < 8 else { return nil }
    groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
    return groups
  }

  private static func dotted(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt16]? {
    var octets: [UInt16] = []
    var digits = 0
    var value: UInt16 = 0
    for at in range {
      if bytes[at] == ASCII.dot {
        guard digits > 0, octets.count < 3 else { return nil }
        octets.append(value)
        digits = 0
        value = 0
      } else {
        guard ASCII.isDigit(bytes[at]), digits < 3 else { return nil }
        value = value * 10 + UInt16(bytes[at] - ASCII.zero)
        digits += 1
        guard value <= 255 else { return nil }
      }
    }
    guard digits > 0, octets.count == 3 else { return nil }
    return [octets[0] << 8 | octets[1], octets[2] << 8 | value]
  }

  private static func text(_ groups: [UInt16]) -> String {
    // RFC 5952 §4.2: shorten the first longest run of two or more zero groups, and only that.
    var best = 0..<0
    var start = 0
    for index in 0...groups.count {
      if index < groups.count, groups[index] == 0 { continue }
      if index - start > max(best.count, 1) { best = start..<index }
      start = index + 1
    }
    func joined(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !best.isEmpty else { return joined(groups[...]) }
    return joined(groups[..<best.lowerBound]) + "::" + joined(groups[best.upperBound...])
  }
}
