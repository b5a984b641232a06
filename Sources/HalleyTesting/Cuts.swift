/// Ways of cutting bytes into pieces: whatever reads them must come to the same result.
public enum Cuts: Sendable, Hashable {
  /// In one piece.
  case whole
  /// One byte at a time.
  case bytes
  /// Two cuts at places that the seed decides.
  case random(seed: UInt64)

  /// The three ways.
  public static func all(seed: UInt64) -> [Cuts] { [.whole, .bytes, .random(seed: seed)] }

  /// The pieces, in order.
  public func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    switch self {
    case .whole: return [bytes[...]]
    case .bytes: return bytes.indices.map { bytes[$0...$0] }
    case .random(let seed):
      guard bytes.count > 2 else { return [bytes[...]] }
      var random = SeededRandom(seed: seed)
      let cuts = [Int.random(in: 1..<bytes.count, using: &random), Int.random(in: 1..<bytes.count, using: &random)]
        .sorted()
      return [bytes[..<cuts[0]], bytes[cuts[0]..<cuts[1]], bytes[cuts[1]...]].filter { !$0.isEmpty }
    }
  }
}
