import HalleyServer

/// Finds out from looks at the configuration file when to take it anew. Knows neither clock nor file.
struct FileWatch {
  /// What a look has found.
  enum Finding: Hashable {
    case nothing
    /// The file has changed and has then stayed the same for a look.
    case changed
    /// It can no longer be looked at, for want of descriptors.
    case blind
  }

  /// After so many looks without want of descriptors the next want is told again: it may come and go every second.
  private static let sight = 10

  private var taken: SmallFile.Reading
  private var seen: SmallFile.Reading
  private var clearLooks = Self.sight

  /// - Parameter taken: what the running values come from.
  init(_ taken: SmallFile.Reading) {
    self.taken = taken
    seen = taken
  }

  /// Takes a look.
  mutating func look(_ now: SmallFile.Reading) -> Finding {
    if now == .noDescriptors {
      defer { clearLooks = 0 }
      return clearLooks < Self.sight ? .nothing : .blind
    }
    clearLooks = min(clearLooks + 1, Self.sight)
    defer { seen = now }
    guard now == seen, now != taken else { return .nothing }
    taken = now
    return .changed
  }
}
