/// A number of bytes, said with its unit: `.bytes(512)`, `.kibibytes(64)`, `.mebibytes(16)`.
public struct ByteCount: Sendable, Hashable, Comparable {
  /// The number of bytes.
  public var bytes: Int

  /// So many bytes.
  public static func bytes(_ count: Int) -> ByteCount { ByteCount(bytes: count) }
  /// So many times 1,024 bytes; the largest number there is when that does not fit.
  public static func kibibytes(_ count: Int) -> ByteCount { scaled(count, by: 1 << 10) }
  /// So many times 1,048,576 bytes; the largest number there is when that does not fit.
  public static func mebibytes(_ count: Int) -> ByteCount { scaled(count, by: 1 << 20) }

  /// By size.
  public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

  private static func scaled(_ count: Int, by unit: Int) -> ByteCount {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
    return ByteCount(bytes: overflow ? .max : bytes)
  }
}

extension Duration {
  /// Whole milliseconds, rounded down and held within what an `Int` can say.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, sumOverflow) = milliseconds.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    return sumOverflow ? (seconds < 0 ? .min : .max) : Int(clamping: sum)
  }
}
