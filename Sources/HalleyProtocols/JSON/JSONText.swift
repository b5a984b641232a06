/// JSON text (RFC 8259), checked and compacted without building values.
public enum JSONText {
  /// Deepest nesting accepted; deeper text is refused, so no input can exhaust the stack.
  public static let maxDepth = 128

  /// Checks one JSON value and takes insignificant white space out. Numbers stay digit for digit, strings byte for byte;
  /// escapes of lone surrogates are let through, as the grammar does.
  ///
  /// - Returns: nil when the bytes are not exactly one JSON value in UTF-8.
  public static func minify(_ bytes: [UInt8]) -> [UInt8]? {
    guard (try? UTF8Span(validating: bytes.span)) != nil else { return nil }
    var reader = JSONReader(bytes)
    reader.skipSpace()
    guard reader.value(depth: 0) else { return nil }
    reader.skipSpace()
    return reader.isAtEnd ? reader.out : nil
  }

  /// The members of a minified object, in order, values as they stand; nil when it is no object.
  ///
  /// - Parameter minified: what ``minify(_:)`` returned.
  public static func members(_ minified: [UInt8]) -> [(name: [UInt8], value: ArraySlice<UInt8>)]? {
    guard minified.first == 0x7B, minified.last == 0x7D else { return nil }
    var members: [(name: [UInt8], value: ArraySlice<UInt8>)] = []
    let end = minified.count - 1
    var at = 1
    while at < end {
      let colon = skip(minified, from: at, to: 0x3A, end)
      guard colon < end, let name = string(minified[at..<colon]) else { return nil }
      let comma = skip(minified, from: colon + 1, to: 0x2C, end)
      members.append((name, minified[colon + 1..<comma]))
      at = comma + 1
    }
    return members
  }

  /// The text of a string literal, escapes resolved; a lone surrogate becomes U+FFFD. Nil when it is no string.
  public static func string(_ literal: ArraySlice<UInt8>) -> [UInt8]? {
    guard literal.count >= 2, literal.first == 0x22, literal.last == 0x22 else { return nil }
    let body = literal.dropFirst().dropLast()
    guard body.contains(0x5C) else { return Array(body) }
    var out: [UInt8] = []
    var at = body.startIndex
    while at < body.endIndex {
      guard body[at] == 0x5C else {
        out.append(body[at])
        at += 1
        continue
      }
      guard at + 1 < body.endIndex else { return nil }
      switch body[at + 1] {
      case 0x75:
        guard let (scalar, next) = unicode(body, at) else { return nil }
        out += Array(String(Character(scalar)).utf8)
        at = next
        continue
      case 0x62: out.append(8)
      case 0x66: out.append(12)
      case 0x6E: out.append(10)
      case 0x72: out.append(13)
      case 0x74: out.append(9)
      case let other: out.append(other)
      }
      at += 2
    }
    return out
  }

  /// The scalar of `\uXXXX` at a position, or of a surrogate pair, and what comes after it.
  private static func unicode(_ body: ArraySlice<UInt8>, _ at: Int) -> (Unicode.Scalar, Int)? {
    guard let high = unit(body, at) else { return nil }
    if (0xD800..<0xDC00).contains(high), let low = unit(body, at + 6), (0xDC00..<0xE000).contains(low) {
      return (Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}", at + 12)
    }
    return (Unicode.Scalar(high) ?? "\u{FFFD}", at + 6)
  }

  private static func unit(_ body: ArraySlice<UInt8>, _ at: Int) -> UInt32? {
    guard at + 6 <= body.endIndex, body[at] == 0x5C, body[at + 1] == 0x75 else { return nil }
    var value: UInt32 = 0
    for digit in body[at + 2..<at + 6] {
      guard let nibble = JSONReader.hex(digit) else { return nil }
      value = value << 4 | UInt32(nibble)
    }
    return value
  }

  /// The next `byte` outside strings and nested values, or `end`.
  private static func skip(_ bytes: [UInt8], from: Int, to byte: UInt8, _ end: Int) -> Int {
    var depth = 0
    var inString = false
    var at = from
    while at < end {
      let current = bytes[at]
      if inString {
        if current == 0x5C { at += 1 } else if current == 0x22 { inString = false }
      } else if current == 0x22 {
        inString = true
      } else if current == 0x7B || current == 0x5B {
        depth += 1
      } else if current == 0x7D || current == 0x5D {
        depth -= 1
      } else if current == byte, depth == 0 {
        return at
      }
      at += 1
    }
    return min(at, end)
  }
}
