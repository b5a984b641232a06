import Testing

@testable import HalleyChannels

@Suite("Sets of channels")
struct SetReadTests {
  private let clock = ManualClock()

  private func channel(_ name: String, _ epoch: String, _ history: History = .default) -> Channel {
    Channel(name, log: ChannelLog(limits: ChannelLimits(history), epoch: .named(epoch), clock: clock.clock))
  }

  /// Three channels with 2, 0 and 3 messages, published in turn.
  private func set(_ history: History = .default) throws -> ChannelSet {
    let a = channel("a", "aaaaaaaa", history)
    let b = channel("b", "bbbbbbbb", history)
    let c = channel("c", "cccccccc", history)
    for text in ["1", "2", "3"] {
      try c.log.append("c" + text)
      clock.advance(1)
      if text != "3" { try a.log.append("a" + text) }
    }
    return ChannelSet([a, b, c])
  }

  private func point(_ cursor: String) -> ResumePoint {
    .after(
      cursor.split(separator: ".").map { part in
        let fields = part.split(separator: "-")
        return MessageID(epoch: .named(String(fields[0])), offset: Int(fields[1]) ?? -1)
      })
  }

  private func texts(_ read: SetRead) -> [String] {
    read.messages.map { String(decoding: $0.message.payload, as: UTF8.self) }
  }

  @Test("the cursor joins the single cursors, whose order does not matter")
  func joined() throws {
    let set = try set()
    #expect(set.top.description == "aaaaaaaa-2.bbbbbbbb-0.cccccccc-3")
    #expect(set.read(from: set.top.point).outcome == .current)
    for cursor in ["aaaaaaaa-1.bbbbbbbb-0.cccccccc-1", "cccccccc-1.aaaaaaaa-1.bbbbbbbb-0"] {
      let read = set.read(from: point(cursor))
      #expect(read.outcome == .resumed)
      #expect(texts(read) == ["c2", "a2", "c3"] || texts(read) == ["a2", "c2", "c3"])
      #expect(read.start.description == "aaaaaaaa-1.bbbbbbbb-0.cccccccc-1")
      #expect(read.end == set.top)
      #expect(read.held == 3)
      #expect(!read.more)
    }
  }

  @Test("of a doubled entry the first counts, entries of strangers count for nothing")
  func strangers() throws {
    let set = try set()
    let read = set.read(from: point("zzzzzzzz-9.aaaaaaaa-1.aaaaaaaa-2.bbbbbbbb-0.cccccccc-3"))
    #expect(read.outcome == .resumed)
    #expect(texts(read) == ["a2"])
  }

  @Test("one channel is reset, the others go on")
  func partialReset() throws {
    let set = try set(.last(2))
    let read = set.read(from: point("aaaaaaaa-0.cccccccc-0"))
    #expect(read.outcome == .reset(.epoch))
    #expect(read.resets == [SetRead.Reset(channel: 1, reason: .epoch), SetRead.Reset(channel: 2, reason: .expired)])
    #expect(set.names(of: read.resets) == ["b", "c"])
    #expect(read.start.description == "aaaaaaaa-0.bbbbbbbb-0.cccccccc-3")
    #expect(texts(read) == ["a1", "a2"])
    #expect(set.read(from: .unknown).resets.count == 3)
  }

  @Test("a batch takes the oldest messages of all channels, so that none waits for another")
  func batches() throws {
    let set = try set()
    var read = set.read(from: .start(.oldest), batch: ReplayLimits(messages: 2, bytes: .max))
    #expect(read.outcome == .new)
    #expect(texts(read) == ["c1", "a1"] || texts(read) == ["a1", "c1"])
    #expect(read.more)
    #expect(read.held == 5)
    read = set.read(from: read.end.point, batch: ReplayLimits(messages: 9, bytes: 4))
    #expect(texts(read).count == 2)
    #expect(read.more)
    read = set.read(from: read.end.point, batch: ReplayLimits(messages: 9, bytes: 1))
    #expect(texts(read) == ["c3"])
    #expect(!read.more)
    #expect(read.end == set.top)
  }

  @Test("sixteen channels at their largest offsets fit into a cursor")
  func longestCursor() {
    let ids = (0..<ChannelSet.maxChannels).map { _ in MessageID(epoch: .random(), offset: (1 << 53) - 1) }
    #expect(Position(ids).description.utf8.count <= 512)
  }
}
