/// Eight characters `[0-9A-Za-z]`, unique to one life of one channel.
///
/// A cursor of another epoch says that history may have been lost, or that it belongs to another channel.
public struct Epoch: Sendable, Hashable {
  /// The eight ASCII bytes, first one highest.
  let packed: UInt64

  private static let alphabet: [UInt8] = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// A fresh epoch: about 47.6 bits of randomness.
  package static func random(using generator: inout some RandomNumberGenerator) -> Epoch {
    var packed: UInt64 = 0
    for _ in 0..<8 {
      packed = packed << 8 | UInt64(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
    }
    return Epoch(packed: packed)
  }

  /// A fresh epoch from the system's randomness.
  package static func random() -> Epoch {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  private init(packed: UInt64) { self.packed = packed }

  /// Reads exactly eight characters of the alphabet; anything else is nil.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 8 else { return nil }
    var packed: UInt64 = 0
    for byte in text.utf8 {
      guard Self.alphabet.contains(byte) else { return nil }
      packed = packed << 8 | UInt64(byte)
    }
    self.packed = packed
  }

  /// The eight ASCII bytes.
  var bytes: [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: packed >> (56 - 8 * UInt64($0))) }
  }
}

extension Epoch: CustomStringConvertible {
  /// The eight characters.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}
