import Testing

@testable import HalleyChannels

@Suite("Channel registry")
struct ChannelRegistryTests {
  private func registry(limit: Int, _ clock: ManualClock = ManualClock()) -> ChannelRegistry {
    ChannelRegistry(limit: limit, clock: clock.clock) {
      Channel($0, history: $1, log: ChannelLog(limits: ChannelLimits($1), clock: clock.clock))
    }
  }

  @Test("one name, one channel; case matters")
  func identity() throws {
    let registry = registry(limit: 8)
    let one = try registry.channel(named: "rooms/a")
    #expect(try registry.channel(named: "rooms/a") === one)
    #expect(try registry.channel(named: "rooms/A") !== one)
    #expect(registry.computedCount == 2)
  }

  @Test("names by the rule only", arguments: ["", "halley.control", "a b", String(repeating: "n", count: 129)])
  func names(name: String) {
    let registry = registry(limit: 8)
    #expect(throws: ChannelRegistry.Refusal.self) { try registry.channel(named: name) }
    #expect(registry.computedCount == 0)
  }

  @Test("declared channels stay and are found by name")
  func declared() throws {
    let registry = registry(limit: 1)
    let positions = Channel("positions")
    try registry.declare(positions)
    try registry.declare(positions)
    #expect(throws: ChannelRegistry.Refusal.declaredTwice) { try registry.declare(Channel("positions")) }
    #expect(throws: ChannelRegistry.Refusal.self) { try registry.declare(Channel("halley.x")) }
    for number in 0..<20 { _ = try registry.channel(named: "c\(number)") }
    #expect(try registry.channel(named: "positions") === positions)
  }

  @Test("idle channels make room, the least recently used first")
  func eviction() throws {
    let clock = ManualClock()
    let registry = registry(limit: 8, clock)
    for number in 0..<8 {
      _ = try registry.channel(named: "c\(number)").log.append(try MessageDraft(text: "x"))
      clock.advance(1)
    }
    _ = try registry.channel(named: "c0").log.read(from: .start(.latest))
    let epoch = try registry.channel(named: "c0").log.top.epoch
    _ = try registry.channel(named: "new")
    #expect(registry.computedCount == 8)
    #expect(try registry.channel(named: "c0").log.top.epoch == epoch)
    #expect(try registry.channel(named: "c1").log.top.offset == 0, "c1 was the oldest and starts a new life")
  }

  @Test("what was appended is counted through new epochs and after a channel is forgotten")
  func totals() throws {
    let registry = registry(limit: 4)
    let declared = Channel("declared")
    try registry.declare(declared)
    _ = try declared.log.append("a", "b")
    declared.log.restart(try #require(LogBeginning(top: 700)))
    _ = try declared.log.append("c")
    #expect(registry.totals == (1, 3))
    for number in 0..<20 { _ = try registry.channel(named: "c\(number)").log.append("x", "y") }
    #expect(registry.totals == (5, 43))
  }

  @Test("a channel that somebody holds or listens to is never forgotten; without a free one new names are refused")
  func held() throws {
    let clock = ManualClock()
    let registry = registry(limit: 4, clock)
    let holding = [try registry.channel(named: "h0"), try registry.channel(named: "h1")]
    let inbox = MessageInbox {}
    for name in ["s0", "s1"] { _ = try registry.channel(named: name).log.attach(inbox, from: .start(.latest)) }
    #expect(throws: ChannelRegistry.Refusal.full) { try registry.channel(named: "new") }
    #expect(try registry.channel(named: "h0") === holding[0])
    try registry.channel(named: "s0").log.detach(inbox)
    // The search is not repeated for every name of a flood.
    #expect(throws: ChannelRegistry.Refusal.full) { try registry.channel(named: "new") }
    clock.advance(1000)
    _ = try registry.channel(named: "new")
    #expect(registry.computedCount == 4)
    withExtendedLifetime(holding) {}
  }

  @Test("a flood of names never grows the registry")
  func flood() throws {
    let clock = ManualClock()
    let registry = registry(limit: 64, clock)
    for number in 0..<2000 {
      _ = try registry.channel(named: "n\(number)")
      clock.advance(1)
      #expect(registry.computedCount <= 64)
    }
  }

  @Test("concurrent look-ups of one name agree")
  func concurrent() async {
    let registry = registry(limit: 1000)
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for number in 0..<300 {
            guard let channel = try? registry.channel(named: "c\(number)"),
              let draft = try? MessageDraft(text: "\(worker)")
            else { continue }
            _ = channel.log.append(draft)
          }
        }
      }
    }
    for channel in registry.channels { #expect(channel.log.top.offset == 8) }
    #expect(registry.computedCount == 300)
  }
}
