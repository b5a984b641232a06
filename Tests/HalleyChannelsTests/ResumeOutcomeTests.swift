import Testing

@testable import HalleyChannels

@Suite("Resume outcomes")
struct ResumeOutcomeTests {
  /// Ten messages, of which the last four are held.
  private func log() throws -> ChannelLog {
    let log = makeLog(ChannelLimits(.last(4)))
    for number in 1...10 { try log.append("m\(number)") }
    return log
  }

  @Test(
    "one point, one outcome",
    arguments: [
      (ResumePoint.start(.latest), ResumeOutcome.new, 10, []),
      (.start(.oldest), .new, 6, [7, 8, 9, 10]),
      (.start(.last(0)), .new, 10, []),
      (.start(.last(-1)), .new, 10, []),
      (.start(.last(1)), .new, 9, [10]),
      (.start(.last(4)), .new, 6, [7, 8, 9, 10]),
      (.start(.last(.max)), .new, 6, [7, 8, 9, 10]),
      (after(10), .current, 10, []),
      (after(9), .resumed, 9, [10]),
      (after(6), .resumed, 6, [7, 8, 9, 10]),
      (after(5), .reset(.expired), 10, []),
      (after(0), .reset(.expired), 10, []),
      (after(11), .reset(.unknown), 10, []),
      (after(.max), .reset(.unknown), 10, []),
      (after(-1), .reset(.unknown), 10, []),
      (after(.min), .reset(.unknown), 10, []),
      (.unknown, .reset(.unknown), 10, []),
      (.after([]), .reset(.unknown), 10, []),
      (.after([MessageID(epoch: .named("Pm2aT0xY"), offset: 10)]), .reset(.epoch), 10, []),
    ] as [(ResumePoint, ResumeOutcome, Int, [Int])])
  func outcome(point: ResumePoint, outcome: ResumeOutcome, start: Int, offsets: [Int]) throws {
    let result = try log().read(from: point)
    #expect(result.outcome == outcome)
    #expect(result.start == MessageID(epoch: exampleEpoch, offset: start))
    #expect(result.offsets == offsets)
    #expect(result.end.offset == 10)
    #expect(!result.more)
  }

  @Test("of a joined cursor the entry with the channel's epoch counts, wherever it stands")
  func joinedCursor() throws {
    let other = MessageID(epoch: .named("Pm2aT0xY"), offset: 3)
    let mine = MessageID(epoch: exampleEpoch, offset: 8)
    for entries in [[other, mine], [mine, other]] {
      #expect(try log().read(from: .after(entries)).offsets == [9, 10])
    }
  }

  @Test("an empty log is current at offset 0 and knows nothing beyond")
  func emptyLog() {
    let log = makeLog()
    #expect(log.read(from: after(0)).outcome == .current)
    #expect(log.read(from: after(1)).outcome == .reset(.unknown))
    let new = log.read(from: .start(.oldest))
    #expect(new.outcome == .new)
    #expect(new.start.description == "kQ3fZx9a-0")
  }

  @Test("the replay limits hold at the limit and refuse one more", arguments: [(3, Int.max), (Int.max, 6)])
  func replayLimits(messages: Int, bytes: Int) throws {
    let log = makeLog()
    for number in 1...5 { try log.append("m\(number)") }
    let limits = ReplayLimits(messages: messages, bytes: bytes)
    #expect(log.read(from: after(2), limits: limits).offsets == [3, 4, 5])
    let refused = log.read(from: after(1), limits: limits)
    #expect(refused.outcome == .reset(.tooMany))
    #expect(refused.offsets.isEmpty)
    #expect(refused.end.offset == 5)
    // A start by name is cut to the newest part instead: there is no position that could be lost.
    #expect(log.read(from: .start(.oldest), limits: limits).offsets == [3, 4, 5])
    #expect(log.read(from: .start(.last(4)), limits: limits).offsets == [3, 4, 5])
  }

  @Test("a batch is cut by count and bytes and says that there is more")
  func batches() throws {
    let log = makeLog()
    for text in ["aa", "bb", "cccccc", "dd"] { try log.append(text) }
    let byCount = log.read(from: after(0), batch: ReplayLimits(messages: 3, bytes: .max))
    #expect(byCount.offsets == [1, 2, 3])
    #expect(byCount.more)
    #expect(byCount.end.offset == 3)
    #expect(byCount.outcome == .resumed)
    let byBytes = log.read(from: after(0), batch: ReplayLimits(messages: .max, bytes: 4))
    #expect(byBytes.offsets == [1, 2])
    // One message over the limit is still delivered, or the reader would never get past it.
    let large = log.read(from: after(2), batch: ReplayLimits(messages: .max, bytes: 4))
    #expect(large.offsets == [3])
    #expect(large.more)
    let last = log.read(from: after(3), batch: ReplayLimits(messages: 1, bytes: 2))
    #expect(last.offsets == [4])
    #expect(!last.more)
  }

  @Test("without history a reader is current or has lost something")
  func noHistory() throws {
    let log = makeLog(ChannelLimits(.none))
    try log.append("a", "b")
    #expect(log.read(from: after(2)).outcome == .current)
    #expect(log.read(from: after(1)).outcome == .reset(.expired))
    #expect(log.read(from: .start(.oldest)).offsets.isEmpty)
  }
}
