import Testing

@testable import HalleyChannels

@Suite("The life of a stream")
struct StreamLifeTests {
  private let heartbeat = 15_000
  private let rotate = 600_000

  private func life(_ seed: UInt64) -> StreamLife {
    var random = SeededGenerator(seed: seed)
    return StreamLife(openedAt: 1_000, using: &random)
  }

  @Test("a heartbeat after 90 to 100 per cent of the interval without output", arguments: 0..<50 as Range<UInt64>)
  func beats(seed: UInt64) throws {
    let life = life(seed)
    let at = life.deadline(lastOutput: 1_000, heartbeat: heartbeat, rotate: rotate)
    #expect((14_500...16_000).contains(at))
    #expect(life.due(now: at - 1, lastOutput: 1_000, heartbeat: heartbeat, rotate: rotate) == .wait(until: at))
    #expect(life.due(now: at, lastOutput: 1_000, heartbeat: heartbeat, rotate: rotate) == .beat(next: at + at - 1_000))
    #expect(
      life.due(now: at, lastOutput: 1_001, heartbeat: heartbeat, rotate: rotate) == .wait(until: at + 1),
      "any output restarts the clock")
  }

  @Test("it rotates after 80 to 100 per cent of the time, whatever it has sent", arguments: 0..<50 as Range<UInt64>)
  func rotates(seed: UInt64) {
    let life = life(seed)
    func due(_ now: UInt64, _ rotate: Int) -> StreamLife.Action {
      life.due(now: now, lastOutput: now, heartbeat: heartbeat, rotate: rotate)
    }
    #expect(due(480_999, rotate) != .rotate)
    #expect(due(601_000, rotate) == .rotate)
    #expect(due(601_000, 0) != .rotate, "0 is never")
    // The beat before does not look past the rotation.
    let end = life.deadline(lastOutput: 700_000, heartbeat: heartbeat, rotate: rotate)
    #expect((481_000...601_000).contains(end) && due(end - 1, rotate) != .rotate && due(end, rotate) == .rotate)
    #expect(life.due(now: end - 1, lastOutput: 1_000, heartbeat: heartbeat, rotate: rotate) == .beat(next: end))
  }

  @Test("the size of an answer is what is left after the opening, less what is sent")
  func size() {
    var life = life(1)
    life.limit(to: 100)
    var ends = [life.charge(60), life.charge(39)]
    life.refund(39)
    #expect(life.left == 40)
    ends.append(life.charge(40))
    #expect(ends == [false, false, true], "it ends when nothing is left")
  }
}
