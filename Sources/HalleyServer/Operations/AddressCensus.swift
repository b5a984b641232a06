import Synchronization

/// How many streams, WebSockets and held polls each address has on all loops of a server (`limits.perAddress`). Any
/// thread.
///
/// An IPv6 address counts by its first 64 bits: the rest is for its owner to choose.
final class AddressCensus: Sendable {
  /// The built-in limit: offices behind one address fit.
  static let builtInLimit = 100

  private let counts = Mutex<[UInt64: Int]>([:])

  /// One place that an address takes, given back when the object goes.
  final class Seat: Sendable {
    private let census: AddressCensus
    private let key: UInt64

    fileprivate init(_ census: AddressCensus, _ key: UInt64) {
      self.census = census
      self.key = key
    }

    deinit {
      census.counts.withLock { counts in
        let left = (counts[key] ?? 1) - 1
        counts[key] = left > 0 ? left : nil
      }
    }
  }

  /// How many places an address has.
  func count(of address: String) -> Int {
    let key = Self.key(address)
    return counts.withLock { $0[key] ?? 0 }
  }

  /// How many addresses have places.
  var addresses: Int { counts.withLock { $0.count } }

  /// Takes a place, whatever the limit.
  func seat(for address: String) -> Seat {
    let key = Self.key(address)
    counts.withLock { $0[key, default: 0] += 1 }
    return Seat(self, key)
  }

  /// IPv4 as a number, IPv6 by its network; whatever else there may be, together.
  private static func key(_ address: String) -> UInt64 {
    guard let bytes = AddressNetwork.bytes(of: address) else { return .max }
    return bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
