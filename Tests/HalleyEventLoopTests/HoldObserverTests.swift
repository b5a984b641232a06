import Testing

@testable import HalleyEventLoop

/// A loop's pulse as looks every 20 ms find it, the limit being 100 ms.
private struct Looks {
  var observer = HoldObserver()
  var longest = 0
  var now: UInt64 = 1_000
  var reports: [LoopHold] = []

  /// So many looks at the same beat.
  mutating func see(_ beat: UInt64, _ count: Int = 1, place: UInt64 = 0, every: UInt64 = 20, limit: UInt64 = 100) {
    for _ in 0..<count {
      now += every
      let reading = LoopPulse.Reading(beat: beat, place: place)
      if let hold = observer.look(reading, at: now, period: 20, limit: limit, longest: &longest) {
        reports.append(hold)
      }
    }
  }
}

@Suite struct HoldObserverTests {
  @Test func aHoldIsToldOnceWhenItIsOver() {
    var looks = Looks()
    looks.see(2)
    looks.see(3, 15, place: 7)
    #expect(looks.reports.isEmpty && looks.longest > 200, "the gauge knows before the log does")
    looks.see(4, 100)
    #expect(looks.reports == [LoopHold(milliseconds: 300, place: 7)])
    #expect(looks.longest == 300)
  }

  @Test func shortCallbacksOneAfterTheOtherAreNoHold() {
    var looks = Looks()
    // About 80 ms each.
    for beat in 0..<100 { looks.see(UInt64(beat) * 2 + 1, 4) }
    #expect(looks.reports.isEmpty && looks.longest == 0)
  }

  @Test func aSleepingLoopIsNoHold() {
    var looks = Looks()
    looks.see(0, 1_000)
    looks.see(8, 1_000)
    #expect(looks.reports.isEmpty && looks.longest == 0)
  }

  @Test func oneThatGoesOnIsToldEachTimeItHasDoubled() {
    var looks = Looks()
    looks.see(0)
    looks.see(1, 500, place: 3)
    #expect(looks.reports.map(\.isOver) == [false, false, false, false])
    #expect(looks.reports.map(\.milliseconds) == [1_010, 2_030, 4_070, 8_150])
    looks.see(2, 60)
    #expect(looks.reports.last == LoopHold(milliseconds: 10_000, place: 3))
    #expect(looks.longest == 10_000)
  }

  @Test func atMostOneReportASecondAndItTellsOfTheLongest() {
    var looks = Looks()
    looks.see(0)
    looks.see(1, 6)
    looks.see(2)
    #expect(looks.reports.count == 1)
    looks.see(3, 10)
    looks.see(4)
    looks.see(5, 20, place: 9)
    looks.see(7, 6)
    looks.see(8)
    #expect(looks.reports.count == 1)
    looks.see(8, 50)
    #expect(looks.reports.dropFirst() == [LoopHold(milliseconds: 400, place: 9, count: 3)])
  }

  /// The process was stopped, or the machine was busy: the watchdog itself was late, so it cannot say whose fault it
  /// is.
  @Test func aLateLookStartsAnew() {
    var looks = Looks()
    looks.see(0)
    looks.see(1, 2)
    looks.see(1, every: 30_000)
    looks.see(1, 4)
    looks.see(2)
    #expect(looks.reports.isEmpty && looks.longest == 0)
    looks.see(3, 2)
    looks.see(3, every: 30_000)
    looks.see(3, 10)
    looks.see(4)
    #expect(looks.reports == [LoopHold(milliseconds: 210, place: 0)], "what comes after the pause counts")
  }

  @Test func aLimitOfZeroReportsNothing() {
    var looks = Looks()
    looks.see(1, 1_000, limit: 0)
    #expect(looks.reports.isEmpty && looks.longest == 0)
    looks.see(1, 4)
    looks.see(2)
    #expect(looks.reports.isEmpty, "and what it did not watch does not count later")
  }
}
