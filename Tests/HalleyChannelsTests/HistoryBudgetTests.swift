import Testing

@testable import HalleyChannels

@Suite("What computed channels retain together")
struct HistoryBudgetTests {
  private let clock = ManualClock()

  private func registry(history: Int) -> ChannelRegistry {
    ChannelRegistry(limit: 1_000, history: history, clock: clock.clock) { [clock] in
      Channel($0, history: $1, log: ChannelLog(limits: ChannelLimits($1), clock: clock.clock))
    }
  }
  private func fill(_ channel: Channel, _ messages: Int, of bytes: Int = 744) throws {
    let draft = try MessageDraft(text: String(repeating: "x", count: bytes))
    for _ in 0..<messages { _ = channel.log.append(draft) }
    clock.advance(1)
  }
  private func retained(_ channel: Channel) -> Int { channel.log.read(from: .start(.oldest)).messages.count }

  @Test("Each message counts its size and 256 bytes, until it is trimmed or its channel goes")
  func counting() throws {
    let registry = registry(history: 1 << 20)
    do {
      let channel = try registry.channel(named: "a")
      try fill(channel, 100)
      #expect(registry.historyTotal == 100_000)
      try fill(channel, 100)
      #expect(registry.historyTotal == 128_000)
      clock.advance(400_000)
      _ = channel.log.read(from: .start(.latest))
      #expect(registry.historyTotal == 0)
      try fill(channel, 1, of: 0)
      #expect(registry.historyTotal == 256)
    }
    let declared = Channel("declared")
    try registry.declare(declared)
    try fill(declared, 10)
    #expect(registry.historyTotal == 256)
  }

  @Test("Above the limit the channels used longest ago are trimmed, an eighth at a time, and their readers are told")
  func trimming() throws {
    let registry = registry(history: 100_000)
    let channels = try (0..<5).map { try registry.channel(named: "c\($0)") }
    for channel in channels.prefix(4) { try fill(channel, 20) }
    let first = channels[0].log.read(from: .start(.oldest)).messages[0].id
    clock.advance(1)
    _ = channels[1].log.read(from: .start(.latest))  // used again, so the third is older
    clock.advance(1)
    try fill(channels[4], 20)
    #expect(registry.historyTotal == 100_000)
    try fill(channels[4], 1)
    // 101 000 bytes came down to seven eighths of the limit: thirteen messages and a half.
    #expect(registry.historyTotal == 87_000)
    #expect(channels.map(retained) == [20, 20, 6, 20, 21])
    let position = channels[2].log.top.offset
    try fill(channels[2], 1)
    #expect(channels[2].log.top.offset == position + 1)
    let early = ResumePoint.after([MessageID(epoch: channels[2].log.top.epoch, offset: 1)])
    #expect(channels[2].log.read(from: early).outcome == .reset(.expired))
    #expect(channels[0].log.read(from: .after([first])).outcome == .resumed)
  }

  @Test("A flood of names stays within the limit; what is live is not touched")
  func flood() throws {
    let registry = registry(history: 1 << 20)
    for number in 0..<900 {
      let channel = try registry.channel(named: "flood\(number)")
      try fill(channel, 30)
      #expect(registry.historyTotal <= 1 << 20)
      #expect(channel.log.top.offset == 30)
      #expect(retained(channel) == 30)
    }
    registry.historyLimit = 10_000
    try fill(try registry.channel(named: "last"), 1)
    #expect(registry.historyTotal <= 10_000)
  }
}
