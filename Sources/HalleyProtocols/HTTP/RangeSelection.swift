/// Which bytes of a representation a GET asks for (RFC 9110 §14).
public enum RangeSelection: Sendable, Hashable {
  /// Everything: 200. Also where `Range` cannot be read, has another unit, or asks for what would only cost us.
  case whole
  /// No range begins inside the representation: 416 with `Content-Range: bytes */size`.
  case unsatisfiable
  /// Some parts, in the order they were asked for, none of them empty: 206, as `multipart/byteranges` when there are
  /// several.
  case parts([Range<Int>])

  /// Most ranges that are served; more are answered with the whole.
  public static let maxRanges = 16

  /// Reads `Range` and `If-Range`.
  ///
  /// Overflow-safe: positions beyond any size are positions beyond this one. Requests of more than ``maxRanges`` ranges,
  /// with more than two that overlap, or for more bytes in all than there are, get the whole: RFC 9110 §14.2 names them
  /// as likely attacks.
  ///
  /// - Parameters:
  ///   - method: ranges are defined for GET alone.
  ///   - size: bytes of the representation.
  ///   - tag: its tag; `If-Range` needs it to be strong.
  ///   - lastModified: when it last changed, in seconds since 1970.
  ///   - field: as for ``Preconditions``, which come first.
  public init(
    method: HTTPMethod, size: Int, tag: EntityTag?, lastModified: Int64?, field: (String) -> String?
  ) {
    self = .whole
    guard method == .get, let value = field("range"), let specifiers = RangeSelection.specifiers(value) else { return }
    if let condition = field("if-range") {
      guard RangeSelection.holds(condition, tag, lastModified) else { return }
    }
    let parts = specifiers.compactMap { $0.range(in: size) }
    if parts.isEmpty {
      self = .unsatisfiable
    } else if RangeSelection.isReasonable(parts, size) {
      self = .parts(parts)
    }
  }

  /// `bytes first-last/size` for the `Content-Range` of a part. The part must not be empty.
  public static func contentRange(_ part: Range<Int>, size: Int) -> String {
    "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
  }

  /// One `first-last`, `first-` or `-count`.
  private struct Specifier {
    var first: Int?
    var last: Int?

    func range(in size: Int) -> Range<Int>? {
      guard let first else {
        let count = min(last ?? 0, size)
        return count > 0 ? (size - count)..<size : nil
      }
      guard first < size else { return nil }
      // `first < size` and `first <= last`, so the end lies behind the start and within the size.
      return first..<min(size - 1, last ?? .max) + 1
    }
  }

  /// Nil if the value is not a valid set of byte ranges.
  private static func specifiers(_ value: String) -> [Specifier]? {
    let bytes = Array(value.utf8)
    let unit = "bytes=".utf8Span.span
    guard ASCII.matches(bytes.span, 0..<min(unit.count, bytes.count), unit) else { return nil }
    var found: [Specifier] = []
    for element in bytes[unit.count...].split(separator: ASCII.comma) {
      let trimmed = Array(element)
      let range = ASCII.trimmed(trimmed.span, 0..<trimmed.count)
      if range.isEmpty { continue }
      guard found.count < maxRanges, let specifier = specifier(trimmed[range]) else { return nil }
      found.append(specifier)
    }
    return found.isEmpty ? nil : found
  }

  private static func specifier(_ text: ArraySlice<UInt8>) -> Specifier? {
    guard let dash = text.firstIndex(of: ASCII.minus) else { return nil }
    let before = text[..<dash]
    let after = text[(dash + 1)...]
    if before.isEmpty { return number(after).map { Specifier(first: nil, last: $0) } }
    guard let first = number(before) else { return nil }
    if after.isEmpty { return Specifier(first: first, last: nil) }
    guard let last = number(after), first <= last else { return nil }
    return Specifier(first: first, last: last)
  }

  /// Digits of any number; what does not fit is as large as can be. Two such are equal, which is as good: both lie
  /// beyond every size.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty else { return nil }
    var value = 0
    for digit in digits {
      guard ASCII.isDigit(digit) else { return nil }
      let (shifted, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = shifted.addingReportingOverflow(Int(digit - ASCII.zero))
      value = over || more ? .max : sum
    }
    return value
  }

  /// RFC 9110 §13.1.5: a strong tag that matches, or exactly the date that was sent as `Last-Modified`.
  private static func holds(_ condition: String, _ tag: EntityTag?, _ lastModified: Int64?) -> Bool {
    let bytes = Array(condition.utf8)
    var at = 0
    if let asked = EntityTag.read(bytes, &at) {
      return at == bytes.count && (tag?.matchesStrongly(asked) ?? false)
    }
    guard let lastModified, let date = HTTPDate.parse(condition) else { return false }
    return date == lastModified
  }

  private static func isReasonable(_ parts: [Range<Int>], _ size: Int) -> Bool {
    guard parts.count > 1 else { return true }
    // At most 16 parts of at most `size` bytes each; the sum is checked as it grows.
    var left = size
    for part in parts {
      guard part.count <= left else { return false }
      left -= part.count
    }
    let sorted = parts.sorted { $0.lowerBound < $1.lowerBound }
    let overlaps = zip(sorted, sorted.dropFirst()).count { $0.upperBound > $1.lowerBound }
    return overlaps <= 1
  }
}
