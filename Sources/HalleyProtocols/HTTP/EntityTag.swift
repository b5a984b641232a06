/// A validator that names one state of a representation (RFC 9110 §8.8.3).
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
  /// The text between the quotes.
  public let opaque: String
  /// Whether two representations with this tag may differ in their bytes.
  public let isWeak: Bool

  /// A tag; `opaque` must be visible ASCII without `"`.
  public init(_ opaque: String, isWeak: Bool = false) {
    self.opaque = opaque
    self.isWeak = isWeak
  }

  /// The tag as it stands in a field.
  public var description: String { (isWeak ? "W/\"" : "\"") + opaque + "\"" }

  /// RFC 9110 §8.8.3.2: equal and both strong, as `If-Match` and `If-Range` want it.
  public func matchesStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

  /// RFC 9110 §8.8.3.2: equal, weak or not, as `If-None-Match` wants it.
  public func matchesWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

  /// What a field that lists tags says.
  enum List: Equatable {
    /// `*`.
    case any
    case tags([EntityTag])

    /// Reads a list; empty elements are skipped, and reading stops at what is no tag. Tags may contain commas.
    init(_ text: String) {
      let bytes = Array(text.utf8)
      let whole = ASCII.trimmed(bytes.span, 0..<bytes.count)
      if whole.count == 1, bytes[whole.lowerBound] == ASCII.asterisk {
        self = .any
        return
      }
      var tags: [EntityTag] = []
      var at = 0
      while true {
        while at < bytes.count, bytes[at] == ASCII.comma || bytes[at] == ASCII.space || bytes[at] == ASCII.tab {
          at += 1
        }
        guard let tag = EntityTag.read(bytes, &at) else { break }
        tags.append(tag)
      }
      self = .tags(tags)
    }
  }

  /// Reads one tag at `at` and moves behind it; nil for anything else.
  static func read(_ bytes: [UInt8], _ at: inout Int) -> EntityTag? {
    var from = at
    let isWeak = bytes.count - from > 1 && bytes[from] == 0x57 && bytes[from + 1] == ASCII.slash
    if isWeak { from += 2 }
    guard from < bytes.count, bytes[from] == ASCII.quote else { return nil }
    guard let end = bytes[(from + 1)...].firstIndex(of: ASCII.quote) else { return nil }
    at = end + 1
    return EntityTag(String(decoding: bytes[(from + 1)..<end], as: UTF8.self), isWeak: isWeak)
  }
}
