import Testing

@testable import HalleyServer

/// Delivery contract §11.
@Suite("Pacing of those who are sent away")
struct PacingTests {
  @Test("A slot each, evenly over the time", arguments: [(1, 2_000), (7, 2_000), (1_000, 2_000), (15_000, 30_000)])
  func slots(count: Int, spread: Int) {
    let slots = RetrySlots(count: count, spread: spread)
    let width = Double(spread) / Double(count)
    for index in stride(from: 0, to: count, by: max(1, count / 100)) {
      let retry = Double(slots.retry(index))
      #expect(retry >= (500 + Double(index) * width).rounded(.down))
      #expect(retry <= 500 + Double(index + 1) * width)
    }
  }

  @Test(
    "Batches of two seconds, as many as the window has room for",
    arguments: [
      (0, 500, 30_000, 1, 2_000), (1_000, 500, 30_000, 1, 2_000), (1_001, 500, 30_000, 2, 2_000),
      (6_000, 500, 30_000, 6, 2_000), (15_000, 500, 30_000, 12, 2_500), (60_000, 500, 30_000, 12, 10_000),
      (1_000_000, 1, 1_000, 1, 1_000_000_000), (30, 10, 7_000, 1, 3_000),
    ])
  func batches(clients: Int, rate: Int, window: Int, batches: Int, spread: Int) {
    let pace = DrainPace(clients: clients, rate: rate, window: window)
    #expect(pace.batches == batches)
    #expect(pace.spread == spread)
  }

  @Test("A second's worth of handshakes at once, then one for each share of a second", arguments: [1, 3, 5_000])
  func admission(rate: Int) {
    var admission = Admission()
    let start: UInt64 = 1_000_000
    var taken = 0
    while admission.admits(now: start, rate: rate, counts: true) { taken += 1 }
    #expect(taken == rate)
    let more = admission.admits(now: start, rate: rate, counts: false)
    #expect(!more)
    // Being refused costs nothing, and one who does not count takes nothing.
    let later = start + UInt64(1_000 / rate) + 1
    var answers = (0..<10).map { _ in admission.admits(now: later, rate: rate, counts: false) }
    answers.append(admission.admits(now: later, rate: rate, counts: true))
    answers.append(admission.admits(now: start + 10_000, rate: rate, counts: true))
    #expect(answers.allSatisfy { $0 })
  }

  @Test("Those turned away stand in a line that moves at the drain's rate and has an end")
  func line() {
    var admission = Admission()
    for index in 1...1_000 {
      let retry = admission.retry(now: 5_000, drainRate: 500)
      #expect((500 + index * 2...2_500 + index * 2).contains(retry))
    }
    // The line has moved on.
    let later = admission.retry(now: 8_000, drainRate: 500)
    #expect(later <= 2_600)
    let longest = (0..<100).map { _ in admission.retry(now: 8_000, drainRate: 1) }.max() ?? 0
    #expect((60_500...62_500).contains(longest))
  }
}
