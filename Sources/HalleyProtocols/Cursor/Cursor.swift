/// Where a client stands, as it says so itself: `kQ3fZx9a-42`, several joined with `.`, or a position by name.
///
/// Opaque to clients. Anything that is not well-formed reads as ``Reading/unknown``, which the server answers with a
/// reset, never with an error. Delivery contract §2.
public enum Cursor {
  /// The position in one channel.
  public struct Entry: Sendable, Hashable {
    /// Eight characters of `[0-9A-Za-z]`.
    public let epoch: String
    /// 0 … 2^53-1; 0 is the position before the first message.
    public let offset: Int

    /// An entry; not checked.
    public init(epoch: String, offset: Int) {
      self.epoch = epoch
      self.offset = offset
    }
  }

  /// What a cursor says.
  public enum Reading: Sendable, Hashable {
    /// Nothing: an empty value counts as absent.
    case absent
    /// Only what comes next.
    case latest
    /// Everything retained.
    case oldest
    /// Up to so many retained messages.
    case last(Int)
    /// 1 to 16 well-formed entries, in the order they came.
    case entries([Entry])
    /// Malformed or over-long.
    case unknown
  }

  /// Longest cursor, bytes.
  public static let maxBytes = 512
  /// Most entries in one cursor.
  public static let maxEntries = 16
  /// Largest offset: exact as a JavaScript number.
  public static let maxOffset = (1 << 53) - 1

  /// Reads a cursor. Linear in its length, which is bounded first.
  public static func read(_ text: [UInt8]) -> Reading {
    if text.isEmpty { return .absent }
    guard text.count <= maxBytes else { return .unknown }
    if text.elementsEqual("latest".utf8) { return .latest }
    if text.elementsEqual("oldest".utf8) { return .oldest }
    if text.starts(with: "last-".utf8) {
      // At most as many as a log could ever hold; more than retained means all that is retained.
      return number(text[5...], digits: 9).map { .last($0) } ?? .unknown
    }
    var entries: [Entry] = []
    for part in text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard entries.count < maxEntries, let entry = entry(part) else { return .unknown }
      entries.append(entry)
    }
    return .entries(entries)
  }

  /// Joins entries to a cursor.
  public static func text(_ entries: [Entry]) -> String {
    entries.map { "\($0.epoch)-\($0.offset)" }.joined(separator: ".")
  }

  private static func entry(_ part: ArraySlice<UInt8>) -> Entry? {
    guard part.count >= 10, part[part.startIndex + 8] == UInt8(ascii: "-") else { return nil }
    let epoch = part.prefix(8)
    guard epoch.allSatisfy(isAlphanumeric), let offset = number(part.dropFirst(9), digits: 16) else { return nil }
    return offset <= maxOffset ? Entry(epoch: String(decoding: epoch, as: UTF8.self), offset: offset) : nil
  }

  /// Decimal digits without sign and without a leading zero; at most 18 digits, which always fit.
  private static func number(_ digits: ArraySlice<UInt8>, digits most: Int) -> Int? {
    guard (1...min(most, 18)).contains(digits.count), let first = digits.first else { return nil }
    if first == UInt8(ascii: "0"), digits.count > 1 { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 0x30, digit <= 0x39 else { return nil }
      value = value &* 10 &+ Int(digit &- 0x30)
    }
    return value
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
