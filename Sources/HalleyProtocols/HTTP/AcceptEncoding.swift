/// The content codings that a client takes, and how much it likes them (RFC 9110 §12.5.3).
public struct AcceptEncoding: Sendable, Hashable {
  private let listed: [String: Int]
  private let other: Int?

  /// Reads the field; nil is an absent one. What cannot be read is left out; of a coding listed twice the last counts.
  ///
  /// - Parameter value: the value, several lines joined with a comma.
  public init(_ value: String?) {
    var listed: [String: Int] = [:]
    var other: Int?
    let bytes = Array((value ?? "").utf8)
    let span = bytes.span
    ListElements.forEach(span, 0..<span.count) { element in
      guard let (name, quality) = AcceptEncoding.element(Array(bytes[element])) else { return true }
      if name == "*" {
        other = quality
      } else {
        // RFC 9110 §8.4.1.3: the old name of gzip.
        listed[name == "x-gzip" ? "gzip" : name] = quality
      }
      return true
    }
    self.listed = listed
    self.other = other
  }

  /// How much the client likes a coding, in thousandths; 0 is not acceptable.
  ///
  /// Codings that are not mentioned are not acceptable, except `identity`, which then has 1: it comes last but is
  /// allowed, unless `*;q=0` excludes it.
  ///
  /// - Parameter coding: lower case, `br`, `gzip` or `identity`.
  public func quality(of coding: String) -> Int {
    listed[coding] ?? other ?? (coding == "identity" ? 1 : 0)
  }

  /// The coding to send out of those there are.
  ///
  /// - Parameter available: codings other than `identity`, the preferred first among equals.
  /// - Returns: nil for `identity`, also when nothing at all is acceptable (RFC 9110 §12.5.3 leaves the choice then).
  public func choose(from available: [String]) -> String? {
    var best: (coding: String?, quality: Int) = (nil, quality(of: "identity"))
    for coding in available {
      let quality = quality(of: coding)
      if quality > 0, quality > best.quality || (best.coding == nil && quality == best.quality) {
        best = (coding, quality)
      }
    }
    return best.coding
  }

  /// Reads `coding [;q=0.5]`; other parameters make it unreadable.
  private static func element(_ text: [UInt8]) -> (name: String, quality: Int)? {
    let parts = text.split(separator: ASCII.semicolon, omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else { return nil }
    let name = trimmed(first).map(ASCII.lowercased)
    guard !name.isEmpty, name.allSatisfy(ASCII.isToken) else { return nil }
    guard parts.count == 2 else { return (String(decoding: name, as: UTF8.self), 1000) }
    let weight = trimmed(parts[1])
    guard weight.count > 2, weight[0] | 0x20 == 0x71, weight[1] == ASCII.equals, let quality = thousandths(weight[2...])
    else { return nil }
    return (String(decoding: name, as: UTF8.self), quality)
  }

  private static func trimmed(_ part: ArraySlice<UInt8>) -> [UInt8] {
    let bytes = Array(part)
    return Array(bytes[ASCII.trimmed(bytes.span, 0..<bytes.count)])
  }

  /// RFC 9110 §12.4.2: `0` or `1` with at most three decimals, and not above 1.
  private static func thousandths(_ text: ArraySlice<UInt8>) -> Int? {
    guard let first = text.first, first == ASCII.zero || first == ASCII.zero + 1, text.count <= 5 else { return nil }
    var value = Int(first - ASCII.zero)
    var decimals = 0
    let rest = text.dropFirst()
    guard rest.isEmpty || rest.first == ASCII.dot else { return nil }
    for digit in rest.dropFirst() {
      guard ASCII.isDigit(digit) else { return nil }
      value = value * 10 + Int(digit - ASCII.zero)
      decimals += 1
    }
    for _ in decimals..<3 { value *= 10 }
    return value <= 1000 ? value : nil
  }
}
