/// The pairs of a query or of a form body (`application/x-www-form-urlencoded`, WHATWG URL §5.1), decoded once.
public struct QueryString: Sendable, Hashable {
  /// One `name=value`; without `=` the value is empty.
  public struct Pair: Sendable, Hashable {
    /// The decoded name.
    public var name: String
    /// The decoded value.
    public var value: String

    /// A pair of decoded texts.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The pairs in the order they came; names may repeat.
  public let pairs: [Pair]

  /// Reads `name=value` pairs between `&`. Empty pieces are skipped, bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Parameters:
  ///   - encoded: the part after `?`, or a form body; nil is the same as empty.
  ///   - maxPairs: most pairs; default 100.
  /// - Returns: nil for more pairs than that, which answers 400.
  public init?(decoding encoded: ArraySlice<UInt8>?, maxPairs: Int = 100) {
    var pairs: [Pair] = []
    for piece in (encoded ?? []).split(separator: ASCII.ampersand) {
      guard pairs.count < maxPairs else { return nil }
      let equals = piece.firstIndex(of: ASCII.equals) ?? piece.endIndex
      func text(_ part: ArraySlice<UInt8>) -> String {
        String(decoding: PercentDecoding.decode(part, plusIsSpace: true), as: UTF8.self)
      }
      pairs.append(Pair(name: text(piece[..<equals]), value: text(piece[equals...].dropFirst())))
    }
    self.pairs = pairs
  }

  /// The value of the first pair of that name, or nil.
  public func first(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

  /// The values of all pairs of that name, so that a repeated parameter can be refused.
  public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

  /// Whether a pair of that name is there.
  public func has(_ name: String) -> Bool { pairs.contains { $0.name == name } }
}
