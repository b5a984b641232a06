/// How many handshakes one loop takes a second, and when those above that are asked back (delivery contract §11).
///
/// A leaky bucket of one second. Those who are turned away stand in a line that moves at the rate of a drain, so that
/// they do not come back as one crowd. Confined to its loop; times are the loop's milliseconds.
struct Admission {
  /// The built-in rate; a fifth of a millisecond of work each is a tenth of a core.
  static let builtInRate = 5_000
  /// Longest that anybody is sent away, milliseconds.
  static let longestRetry: UInt64 = 60_000

  /// When all handshakes so far will be paid for, microseconds.
  private var paidAt: UInt64 = 0
  /// When the last one who was turned away is expected, microseconds.
  private var lastSlot: UInt64 = 0

  /// Whether another handshake fits.
  ///
  /// - Parameters:
  ///   - counts: take its share too.
  ///   - rate: handshakes a second.
  mutating func admits(now: UInt64, rate: Int, counts: Bool) -> Bool {
    let now = now * 1_000
    let paid = max(paidAt, now) + 1_000_000 / UInt64(max(1, rate))
    guard paid - now <= 1_000_000 else { return false }
    if counts { paidAt = paid }
    return true
  }

  /// When the next one turned away should come back, milliseconds from now.
  mutating func retry(now: UInt64, drainRate: Int) -> Int {
    let now = now * 1_000
    lastSlot = min(max(lastSlot, now) + 1_000_000 / UInt64(max(1, drainRate)), now + Self.longestRetry * 1_000)
    return RetrySlots.first + Int((lastSlot - now) / 1_000) + Int.random(in: 0...RetrySlots.leastSpread)
  }
}

/// A client that should come back later: what streams are told in a `move`, and what everybody else gets.
struct TurnedAway: Equatable {
  var reason: String
  var status: Int
  var code: String
  /// Milliseconds.
  var retry: Int

  static func draining(retry: Int) -> Self { Self(reason: "drain", status: 503, code: "draining", retry: retry) }
  static func overloaded(retry: Int) -> Self { Self(reason: "overload", status: 503, code: "overloaded", retry: retry) }
  static func tooMany(retry: Int) -> Self { Self(reason: "overload", status: 429, code: "too_many", retry: retry) }
}

/// When each of many clients that are sent away together should come back: evenly over a time, each somewhere in a slot
/// of its own (delivery contract §11).
struct RetrySlots {
  /// Before this nobody comes back, milliseconds.
  static let first = 500
  /// The shortest time over which clients are spread, milliseconds.
  static let leastSpread = 2_000

  let count: Int
  /// Milliseconds over which the clients come back.
  let spread: Int

  /// - Parameter index: counts from 0.
  func retry(_ index: Int) -> Int {
    let slot = Double(spread) / Double(max(1, count))
    return Self.first + Int(Double(index) * slot + Double.random(in: 0...slot))
  }
}
