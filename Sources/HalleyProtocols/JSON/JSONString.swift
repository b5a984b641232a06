/// JSON strings out of UTF-8 bytes (RFC 8259 §7), safe inside scripts.
public enum JSONString {
  /// Quotes and escapes: `"`, `\`, U+0000–001F, U+2028 and U+2029, which end a line in older JavaScript.
  ///
  /// - Parameter utf8: valid UTF-8; other bytes are passed through.
  public static func encode(_ utf8: [UInt8]) -> [UInt8] {
    ByteWriter.array(most: most(utf8.count)) { write(utf8, to: &$0) }
  }

  /// The same from text.
  public static func encode(_ text: String) -> [UInt8] { encode(Array(text.utf8)) }

  /// Most bytes that a string of so many bytes becomes, quotes and all.
  public static func most(_ count: Int) -> Int { 6 * count + 2 }

  /// The same as `encode`, into a writer with room for `most` bytes.
  public static func write(_ utf8: [UInt8], to out: inout ByteWriter) {
    out.append(0x22)
    // Looking is done in wide steps; most text needs no escape, and is copied as a whole.
    var special = 0
    for byte in utf8 where byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0xE2 { special &+= 1 }
    if special == 0 { out.append(utf8) } else { escape(utf8, to: &out) }
    out.append(0x22)
  }

  private static func escape(_ utf8: [UInt8], to out: inout ByteWriter) {
    var at = 0
    while at < utf8.count {
      let byte = utf8[at]
      switch byte {
      case 0x22: out.append("\\\"")
      case 0x5C: out.append("\\\\")
      case 0x08: out.append("\\b")
      case 0x09: out.append("\\t")
      case 0x0A: out.append("\\n")
      case 0x0C: out.append("\\f")
      case 0x0D: out.append("\\r")
      case 0..<0x20: out.append(unicodeEscape(0, byte))
      case 0xE2 where isLineSeparator(utf8, at):
        out.append(unicodeEscape(0x20, utf8[at + 2] &- 0x80))
        at += 2
      default: out.append(byte)
      }
      at += 1
    }
  }

  /// Makes JSON text safe inside a script element: `<`, `>`, U+2028 and U+2029 become escapes. They occur only inside
  /// strings, so the value stays the same.
  public static func scriptSafe(_ json: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(json.count + 16)
    var at = 0
    while at < json.count {
      let byte = json[at]
      if byte == 0x3C || byte == 0x3E {
        out += unicodeEscape(0, byte)
      } else if byte == 0xE2, isLineSeparator(json, at) {
        out += unicodeEscape(0x20, json[at + 2] &- 0x80)
        at += 2
      } else {
        out.append(byte)
      }
      at += 1
    }
    return out
  }

  /// E2 80 A8 and E2 80 A9 are U+2028 and U+2029.
  private static func isLineSeparator(_ utf8: [UInt8], _ at: Int) -> Bool {
    at + 2 < utf8.count && utf8[at + 1] == 0x80 && (utf8[at + 2] == 0xA8 || utf8[at + 2] == 0xA9)
  }

  private static func unicodeEscape(_ high: UInt8, _ low: UInt8) -> [UInt8] {
    [0x5C, UInt8(ascii: "u"), hex(high >> 4), hex(high & 15), hex(low >> 4), hex(low & 15)]
  }

  private static func hex(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 &+ nibble : 0x37 &+ nibble }
}
