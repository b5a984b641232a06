/// Searches through the bytes of a head, eight at a time, in the classes that its parts are made of.
///
/// Each search computes a word with the high bit set in every byte that might end it. Only the lowest mark has to be
/// exact: the byte there is looked at again, and the search goes on behind it if it was none.
enum ByteSearch {
  /// The same byte eight times.
  private static func all(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

  /// Marks every byte that is at or above `bound`, for words whose bytes are all below 0x80. Exact.
  private static func marks(_ low: UInt64, atLeast bound: UInt8) -> UInt64 { low &+ all(0x80 - bound) }

  /// Marks every byte that equals `byte`, for words whose bytes are all below 0x80. Exact.
  private static func marks(_ low: UInt64, equal byte: UInt8) -> UInt64 { ~((low ^ all(byte)) &+ all(0x7F)) }

  /// The index of the first control byte other than HTAB at or after `from`, or the count of the bytes.
  ///
  /// This one search ends a line and finds NUL, bare CR and bare LF.
  static func endOfText(_ bytes: Span<UInt8>, from: Int) -> Int {
    search(bytes, from..<bytes.count) { word in
      // Subtraction borrows into the next byte only from a byte that is marked itself.
      let deleted = word ^ all(ASCII.delete)
      return (word &- all(ASCII.space)) & ~word | (deleted &- all(1)) & ~deleted
    } stop: { byte in
      byte < ASCII.space && byte != ASCII.tab || byte == ASCII.delete
    }
  }

  /// The index of the first byte that is no `tchar` (RFC 9110 §5.6.2), or the end of the range.
  static func endOfToken(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    search(bytes, range) { word in
      let low = word & all(0x7F)
      let folded = low | all(0x20)
      // Letters and the hyphen make nearly all names; the few others are looked at one by one.
      let letters = marks(folded, atLeast: 0x61) & ~marks(folded, atLeast: 0x7B)
      return ~(letters | marks(low, equal: ASCII.minus)) | word
    } stop: { byte in
      !ASCII.isToken(byte)
    }
  }

  /// The index of the first byte in a request target that is not plain: a space, a control or 8-bit byte, `#`, `%` or
  /// `?`; or the end of the range.
  static func endOfPlainTarget(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
    search(bytes, range) { word in
      let low = word & all(0x7F)
      return ~marks(low, atLeast: ASCII.space + 1) | marks(low, equal: ASCII.delete) | marks(low, equal: ASCII.hash)
        | marks(low, equal: ASCII.percent) | marks(low, equal: ASCII.questionMark) | word
    } stop: { byte in
      byte <= ASCII.space || byte >= ASCII.delete || byte == ASCII.hash || byte == ASCII.percent
        || byte == ASCII.questionMark
    }
  }

  /// Finds the first byte in `range` for which `stop` holds. `marks` must set the high bit of every such byte.
  @inline(__always)
  private static func search(
    _ bytes: Span<UInt8>, _ range: Range<Int>, marks: (UInt64) -> UInt64, stop: (UInt8) -> Bool
  ) -> Int {
    // Reading bytes as bytes: UInt8 has no padding to expose.
    let raw = unsafe bytes.bytes
    let end = min(range.upperBound, raw.byteCount)
    var at = range.lowerBound
    while at <= end - 8 {
      // The load is not checked again: 0 <= range.lowerBound <= at, and at + 8 <= end <= the count of the bytes. Any bit
      // pattern is a valid UInt64.
      let word = unsafe UInt64(
        littleEndian: raw.unsafeLoadUnaligned(fromUncheckedByteOffset: at, as: UInt64.self))
      let hits = marks(word) & all(0x80)
      if hits == 0 {
        at += 8
        continue
      }
      at += hits.trailingZeroBitCount >> 3
      if stop(bytes[at]) { return at }
      at += 1
    }
    while at < end {
      if stop(bytes[at]) { return at }
      at += 1
    }
    return at
  }
}
