/// UTF-8 validation of a text message that arrives in pieces; a scalar may be cut at any byte.
///
/// Whole pieces go through the standard library's validator; only the bytes at a seam go through the small machine
/// below, which is the decoder of the WHATWG Encoding Standard §8.1.1 without its output. A bad byte is noticed when
/// it arrives (RFC 6455 §8.1 allows and Autobahn rewards it). All zero bits is the initial state.
@frozen public struct WebSocketUTF8: BitwiseCopyable, Sendable, Equatable {
  private var needed: UInt8 = 0
  private var low: UInt8 = 0
  private var high: UInt8 = 0

  /// The initial state.
  public init() {}

  /// Whether the text so far ends at the end of a scalar: required at the end of a message.
  public var isAtBorder: Bool { needed == 0 }

  /// Takes the next piece; false when the text cannot be UTF-8 any more.
  public mutating func feed(_ bytes: Span<UInt8>) -> Bool {
    var at = 0
    while needed > 0, at < bytes.count {
      if !step(bytes[at]) { return false }
      at += 1
    }
    let end = Self.lastBorder(bytes, from: at)
    if at < end, !Self.isValid(bytes.extracting(at..<end)) { return false }
    at = end
    while at < bytes.count {
      if !step(bytes[at]) { return false }
      at += 1
    }
    return true
  }

  /// Whether the whole of `bytes` is UTF-8.
  public static func isValid(_ bytes: Span<UInt8>) -> Bool { (try? UTF8Span(validating: bytes)) != nil }

  /// Where a scalar that does not end within `bytes` begins; their end if there is none.
  private static func lastBorder(_ bytes: Span<UInt8>, from: Int) -> Int {
    let count = bytes.count
    var back = 1
    while back <= 3, count - back >= from {
      let byte = bytes[count - back]
      if byte < 0x80 { return count }
      if byte >= 0xC0 {
        let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
        return length > back ? count - back : count
      }
      back += 1
    }
    return count
  }

  private mutating func step(_ byte: UInt8) -> Bool {
    if needed > 0 {
      if byte < low || byte > high { return false }
      (low, high) = (0x80, 0xBF)
      needed -= 1
      return true
    }
    (low, high) = (0x80, 0xBF)
    switch byte {
    case 0...0x7F: break
    case 0xC2...0xDF: needed = 1
    case 0xE0: (needed, low) = (2, 0xA0)  // no overlong forms
    case 0xED: (needed, high) = (2, 0x9F)  // no surrogates
    case 0xE1...0xEF: needed = 2
    case 0xF0: (needed, low) = (3, 0x90)
    case 0xF1...0xF3: needed = 3
    case 0xF4: (needed, high) = (3, 0x8F)  // nothing above U+10FFFF
    default: return false
    }
    return true
  }
}
