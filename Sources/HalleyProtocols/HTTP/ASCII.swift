/// Byte constants and the character classes of RFC 9110 §5.6, as plain functions over bytes.
enum ASCII {
  static let nul: UInt8 = 0x00
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let quote: UInt8 = 0x22
  static let hash: UInt8 = 0x23
  static let dollar: UInt8 = 0x24
  static let percent: UInt8 = 0x25
  static let ampersand: UInt8 = 0x26
  static let asterisk: UInt8 = 0x2A
  static let plus: UInt8 = 0x2B
  static let comma: UInt8 = 0x2C
  static let minus: UInt8 = 0x2D
  static let dot: UInt8 = 0x2E
  static let slash: UInt8 = 0x2F
  static let zero: UInt8 = 0x30
  static let nine: UInt8 = 0x39
  static let colon: UInt8 = 0x3A
  static let semicolon: UInt8 = 0x3B
  static let equals: UInt8 = 0x3D
  static let questionMark: UInt8 = 0x3F
  static let backslash: UInt8 = 0x5C
  static let underscore: UInt8 = 0x5F
  static let delete: UInt8 = 0x7F

  /// RFC 9110 §5.6.2 `tchar`, one bit per ASCII byte: the low and the high half of the table.
  private static let tokenLow: UInt64 = 0x03FF_6CFA_0000_0000
  private static let tokenHigh: UInt64 = 0x57FF_FFFF_C7FF_FFFE

  /// RFC 9110 §5.6.2: a byte of a token, the grammar of methods and field names.
  static func isToken(_ byte: UInt8) -> Bool {
    guard byte < 0x80 else { return false }
    let half = byte < 64 ? tokenLow : tokenHigh
    return half &>> UInt64(byte & 63) & 1 != 0
  }

  static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }

  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

  /// The value of a hexadecimal digit, or nil.
  static func hexValue(_ byte: UInt8) -> UInt8? {
    if isDigit(byte) { return byte &- zero }
    let letter = (byte | 0x20) &- 0x61
    return letter < 6 ? letter &+ 10 : nil
  }

  /// The byte with A–Z turned into a–z; every other byte unchanged.
  static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

  /// Whether the bytes spell `name`, case ignored on ASCII letters only. `name` must be lower case.
  static func matches(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: Span<UInt8>) -> Bool {
    guard range.count == name.count, range.upperBound <= bytes.count else { return false }
    var at = range.lowerBound
    for index in name.indices {
      if lowercased(bytes[at]) != name[index] { return false }
      at += 1
    }
    return true
  }

  static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

  /// Narrows a range to leave out spaces and tabs at both ends (RFC 9110 §5.5: `OWS` around a field value).
  @inline(__always)
  static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    var lower = range.lowerBound
    var upper = range.upperBound
    while lower < upper, isBlank(bytes[lower]) { lower += 1 }
    while lower < upper, isBlank(bytes[upper - 1]) { upper -= 1 }
    return lower..<upper
  }
}
