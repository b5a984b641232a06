/// Finds out from looks at a loop's pulse, some milliseconds apart, how long single callbacks hold it. Knows no clock.
struct HoldObserver {
  /// Holds that last are told after so many milliseconds, and each time that doubles.
  private static let lasting: UInt64 = 1_000

  private var beat: UInt64 = 0
  private var last: UInt64?
  /// When the callback that runs began, as far as looks can tell.
  private var began: UInt64 = 0
  private var place: UInt64 = 0
  /// At which length the callback that runs is reported next.
  private var tellAt = Self.lasting
  /// The longest hold that is over and not yet told.
  private var over: LoopHold?
  private var pace = ReportPace()

  /// Takes a look.
  ///
  /// A look that comes late by more than half the limit says nothing about the loop: this process was stopped, or no
  /// processor was free. What runs then is counted from that look on.
  ///
  /// - Parameters:
  ///   - now: milliseconds.
  ///   - period: milliseconds between two looks, as planned.
  ///   - limit: a callback that holds the loop so many milliseconds is reported; 0: none is.
  ///   - longest: raised to what was found, if that reached the limit.
  /// - Returns: what to report now.
  mutating func look(
    _ pulse: LoopPulse.Reading, at now: UInt64, period: UInt64, limit: UInt64, longest: inout Int
  ) -> LoopHold? {
    let before = last ?? now
    last = now
    guard limit > 0, now &- before <= period &+ limit / 2 else {
      begin(pulse, at: now)
      return nil
    }
    // What changed between two looks is taken to have changed half-way.
    let changed = before &+ (now &- before) / 2
    var told: LoopHold?
    if pulse.beat != beat {
      if let hold = hold(until: changed, limit, &longest) { remember(hold) }
      begin(pulse, at: changed)
    } else {
      if pulse.place != 0 { place = pulse.place }
      if var hold = hold(until: now, limit, &longest), now &- began >= max(tellAt, limit), pace.isOpen(at: now) {
        tellAt = (now &- began) &* 2
        hold.isOver = false
        told = hold
      }
    }
    if told == nil, pace.isOpen(at: now) {
      told = over
      over = nil
    }
    if told != nil { _ = pace.tell(at: now) }
    return told
  }

  private mutating func begin(_ pulse: LoopPulse.Reading, at now: UInt64) {
    beat = pulse.beat
    place = pulse.place
    began = now
    tellAt = Self.lasting
  }

  /// The callback that was seen last, if it has held the loop to the limit.
  private func hold(until end: UInt64, _ limit: UInt64, _ longest: inout Int) -> LoopHold? {
    guard beat % 2 == 1, end &- began >= limit else { return nil }
    let milliseconds = Int(clamping: end &- began)
    longest = max(longest, milliseconds)
    return LoopHold(milliseconds: milliseconds, place: place)
  }

  private mutating func remember(_ hold: LoopHold) {
    guard let before = over else {
      over = hold
      return
    }
    over = before.milliseconds > hold.milliseconds ? before : hold
    over?.count = before.count + 1
  }
}

/// One callback or job that held its loop for too long.
package struct LoopHold: Sendable, Equatable {
  /// How long, to the time between two looks.
  package var milliseconds: Int
  /// What the loop said it was about; 0 if it said nothing.
  package var place: UInt64
  /// Whether it has ended; one that goes on is reported after a second and each time that has doubled.
  package var isOver = true
  /// Holds since the last report, of which this is the longest.
  package var count = 1
}
