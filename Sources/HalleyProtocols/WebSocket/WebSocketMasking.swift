/// Masking of payloads (RFC 6455 §5.3), in place and by words of eight bytes.
@frozen public enum WebSocketMasking {
  /// The top bit of each byte of a word: a payload whose OR has none of them is pure ASCII.
  @inlinable public static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// XORs `n` bytes with the key and returns the OR of the result's words, so that `& highBits == 0` means ASCII.
  ///
  /// The tail is done without a branch per byte: eight addressable bytes must follow `p + n`; their values are kept.
  /// (Every buffer that the loop hands to a driver has them.)
  @inlinable @inline(__always)
  public static func apply(_ p: UnsafeMutableRawPointer, _ n: Int, key: UInt32) -> UInt64 {
    let m = UInt64(key) | UInt64(key) << 32
    var seen: UInt64 = 0
    var i = 0
    while i &+ 32 <= n {
      seen |= unsafe word(p, i, m) | word(p, i &+ 8, m) | word(p, i &+ 16, m) | word(p, i &+ 24, m)
      i &+= 32
    }
    // At most three words are left. No loop: a compiler would widen it, at a cost that short payloads never get back.
    if n & 16 != 0 {
      seen |= unsafe word(p, i, m) | word(p, i &+ 8, m)
      i &+= 16
    }
    if n & 8 != 0 {
      seen |= unsafe word(p, i, m)
      i &+= 8
    }
    let rest = n & 7
    if rest > 0 {
      let keep = (1 as UInt64) &<< UInt64(truncatingIfNeeded: rest &* 8) &- 1
      let word = unsafe p.loadUnaligned(fromByteOffset: i, as: UInt64.self) ^ (m & keep)
      unsafe p.storeBytes(of: word, toByteOffset: i, as: UInt64.self)
      seen |= word & keep
    }
    return seen
  }

  @inlinable @inline(__always)
  static func word(_ p: UnsafeMutableRawPointer, _ at: Int, _ mask: UInt64) -> UInt64 {
    let word = unsafe p.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ mask
    unsafe p.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
    return word
  }

  /// The key for a payload that is continued after `done` bytes.
  @inlinable public static func key(_ key: UInt32, after done: Int) -> UInt32 {
    // Memory order: byte i of the key is bits 8i…8i+7 of a little-endian load.
    let shift = UInt32(truncatingIfNeeded: done & 3) &* 8
    return shift == 0 ? key : key &>> shift | key &<< (32 &- shift)
  }
}
