/// The two uses of base64 (RFC 4648 §4) in a handshake: check a key, encode a digest.
enum WebSocketBase64 {
  /// Whether `text` is the canonical form of exactly 16 bytes: 22 characters, two `=`, no stray bits.
  static func isKey(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count == 24 else { return false }
    for byte in text.prefix(21) where value(byte) == nil { return false }
    // 16 bytes are 128 bits: the 22nd character carries the last two, and four zeros.
    guard let last = value(text[text.startIndex + 21]), last & 15 == 0 else { return false }
    return text.suffix(2).allSatisfy { $0 == UInt8(ascii: "=") }
  }

  /// The text of `bytes`, padded.
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var at = 0
    while at < bytes.count {
      let rest = bytes.count - at
      let group =
        UInt32(bytes[at]) << 16 | (rest > 1 ? UInt32(bytes[at + 1]) << 8 : 0) | (rest > 2 ? UInt32(bytes[at + 2]) : 0)
      text.append(letter(group >> 18))
      text.append(letter(group >> 12))
      text.append(rest > 1 ? letter(group >> 6) : UInt8(ascii: "="))
      text.append(rest > 2 ? letter(group) : UInt8(ascii: "="))
      at += 3
    }
    return text
  }

  private static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  private static func letter(_ bits: UInt32) -> UInt8 {
    switch UInt8(truncatingIfNeeded: bits & 63) {
    case let v where v < 26: v + 65
    case let v where v < 52: v + 71
    case let v where v < 62: v - 4
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}
