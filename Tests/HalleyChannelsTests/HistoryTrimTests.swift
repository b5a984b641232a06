import Testing

@testable import HalleyChannels

@Suite("History limits")
struct HistoryTrimTests {
  private func held(_ log: ChannelLog) -> [Int] { log.read(from: .start(.oldest)).offsets }

  @Test("by count")
  func byCount() throws {
    let log = makeLog(ChannelLimits(.last(3)))
    try log.append("a", "b", "c")
    #expect(held(log) == [1, 2, 3])
    try log.append("d")
    #expect(held(log) == [2, 3, 4])
  }

  @Test("by bytes of payload, event and key")
  func byBytes() throws {
    let log = makeLog(ChannelLimits(.last(100, bytes: 10)))
    _ = log.append(try MessageDraft(text: "12", event: "ev", key: "k"))
    _ = log.append(try MessageDraft(text: "12345"))
    #expect(held(log) == [1, 2])
    try log.append("1")
    #expect(held(log) == [2, 3])
    try log.append("1234")
    #expect(held(log) == [2, 3, 4])
    // Larger than the limit: delivered live, never retained.
    try log.append("12345678901")
    #expect(held(log).isEmpty)
    #expect(log.top.offset == 5)
    #expect(log.read(from: after(5)).outcome == .current)
  }

  @Test("by age: exactly as old as the limit is held, a millisecond older is not")
  func byAge() throws {
    let clock = ManualClock()
    let log = makeLog(ChannelLimits(.last(100, age: .milliseconds(500))), clock: clock)
    try log.append("a")
    clock.advance(200)
    try log.append("b")
    clock.advance(300)
    #expect(held(log) == [1, 2])
    clock.advance(1)
    #expect(held(log) == [2])
    #expect(log.read(from: after(0)).outcome == .reset(.expired))
    clock.advance(1_000_000)
    #expect(held(log).isEmpty)
    // The position outlives the message.
    #expect(log.read(from: after(2)).outcome == .current)
  }

  @Test("a window that has dropped thousands still finds every held message")
  func manyDrops() throws {
    let log = makeLog(ChannelLimits(.last(7)))
    for number in 1...5000 {
      try log.append("m\(number)")
      if number % 617 == 0 {
        let result = log.read(from: .start(.oldest))
        #expect(result.offsets == Array((number - 6)...number))
        #expect(result.messages.map { String(decoding: $0.payload, as: UTF8.self) } == result.offsets.map { "m\($0)" })
      }
    }
  }

  @Test("dropped messages are freed at once")
  func freed() throws {
    let log = makeLog(ChannelLimits(.last(2)))
    try log.append("a")
    weak let first = log.read(from: .start(.oldest)).messages.first
    #expect(first != nil)
    try log.append("b", "c")
    #expect(first == nil)
  }

  @Test("new limits hold from the next call")
  func replaced() throws {
    let log = makeLog()
    try log.append("a", "b", "c")
    log.limits.historyMessages = 1
    #expect(held(log) == [3])
  }

  @Test("what is said about members neither pushes out what members say nor counts as it, within bounds")
  func presence() throws {
    let log = makeLog(ChannelLimits(.last(2)))
    let join = MessageDraft(presence: "presence.join", json: Array("{}".utf8))
    try log.append("a", "b")
    _ = log.append(join)
    _ = log.append(join)
    #expect(held(log) == [1, 2, 3, 4])
    #expect(log.read(from: .start(.last(1))).offsets == [2, 3, 4])
    _ = log.append(join)
    #expect(held(log) == [2, 3, 4, 5])
    try log.append("c", "d")
    #expect(held(log) == [4, 5, 6, 7])
    log.limits.historyMessages = 0
    _ = log.append(join)
    #expect(held(log).isEmpty)
  }

  @Test("what the code leaves open is the built-in default")
  func defaults() {
    let limits = ChannelLimits(.default)
    #expect(limits.historyMessages == 128)
    #expect(limits.historyBytes == 1 << 20)
    #expect(limits.historyAge == 300_000)
    #expect(ChannelLimits(.last(-5, bytes: -1, age: .seconds(-1))).historyMessages == 0)
    #expect(ChannelLimits(.last(1, age: .seconds(Int64.max))).historyAge > 0)
  }
}
