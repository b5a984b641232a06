import Glibc

/// The addresses of a network: `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct AddressNetwork: Sendable, Hashable {
  private let bytes: [UInt8]
  private let bits: Int

  /// Reads a numeric address, with the length of a prefix or without.
  ///
  /// - Returns: nil for anything else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let bytes = Self.bytes(of: String(parts[0])) else { return nil }
    self.bytes = bytes
    guard parts.count == 2 else {
      bits = bytes.count * 8
      return
    }
    let digits = parts[1].utf8
    guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]),
      bits <= bytes.count * 8
    else { return nil }
    self.bits = bits
  }

  /// Whether a numeric address is in the network.
  package func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
    let whole = bits / 8
    guard bytes[..<whole] == other[..<whole] else { return false }
    let rest = bits % 8
    return rest == 0 || (bytes[whole] ^ other[whole]) >> UInt8(8 - rest) == 0
  }

  /// The four or sixteen bytes of a numeric address.
  static func bytes(of address: String) -> [UInt8]? {
    var four = in_addr()
    if unsafe inet_pton(AF_INET, address, &four) == 1 { return unsafe withUnsafeBytes(of: &four) { unsafe Array($0) } }
    var six = in6_addr()
    if unsafe inet_pton(AF_INET6, address, &six) == 1 { return unsafe withUnsafeBytes(of: &six) { unsafe Array($0) } }
    return nil
  }
}
