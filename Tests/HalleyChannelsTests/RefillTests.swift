import Testing

@testable import HalleyChannels

/// What a subscriber was sent for one channel.
private struct Seen {
  var offsets: [Int] = []
  /// Where it stands: the last offset, or where a reset has put it.
  var standing = 0
  var resets = 0
}

/// A subscriber with a queue of a few bytes that a link takes away at its own pace.
private struct Reader {
  var seen: [Seen]
  var refill: Refill?
  /// Sizes of what waits.
  var queue: [Int] = []
  let conflates: Bool

  var queued: Int { queue.reduce(0, +) }
}

/// The rules of a feed and its queues without sockets: what the server does at the end of a turn.
private struct Simulation {
  static let soft = 40
  let set: ChannelSet
  let sinks: [MessageInbox]
  var live: Position
  var readers: [Reader]
  var faults: [String] = []

  init(_ set: ChannelSet, readers: [Bool]) {
    self.set = set
    sinks = set.channels.map { _ in MessageInbox {} }
    let attachment = set.attach(sinks, from: .start(.latest))
    live = attachment.read.end
    self.readers = readers.map { Reader(seen: set.channels.map { _ in Seen() }, conflates: $0) }
  }

  mutating func spread(_ pending: [[Message]]) {
    let before = live
    let count = pending.reduce(0) { $0 + $1.count }
    guard count > 0 else { return }
    for (channel, messages) in pending.enumerated() {
      if let last = messages.last { live.pass(last.id, of: channel) }
    }
    for index in readers.indices where readers[index].refill == nil {
      let size = pending.joined().reduce(0) { $0 + $1.size + 1 }
      if !readers[index].queue.isEmpty, readers[index].queued + size > Self.soft {
        readers[index].refill = Refill(at: before, conflates: readers[index].conflates)
        continue
      }
      for (channel, messages) in pending.enumerated() { for message in messages { see(index, channel, message) } }
    }
  }

  mutating func see(_ reader: Int, _ channel: Int, _ message: Message) {
    let expected = readers[reader].seen[channel].standing + 1
    let offset = message.id.offset
    if readers[reader].conflates ? offset < expected : offset != expected {
      faults.append("reader \(reader) channel \(channel): \(offset) instead of \(expected)")
    }
    readers[reader].seen[channel].standing = offset
    readers[reader].seen[channel].offsets.append(offset)
    readers[reader].queue.append(message.size + 1)
  }

  mutating func turn() {
    spread(sinks.map { $0.takePending() })
    for index in readers.indices {
      guard var refill = readers[index].refill, Refill.isDue(queued: readers[index].queued, soft: Self.soft) else {
        continue
      }
      let batch = refill.readLimits(ReplayLimits(messages: 3, bytes: 20))
      let attachment = set.attach(sinks, from: refill.position.point, limits: .unlimited, batch: batch)
      spread(attachment.pending)
      for reset in attachment.read.resets {
        if reset.reason != .expired { faults.append("reset \(reset.reason)") }
        readers[index].seen[reset.channel].standing = attachment.read.start.entries[reset.channel].offset
        readers[index].seen[reset.channel].resets += 1
      }
      var sent = 0
      let cursor = refill.take(attachment.read) { entry, after in
        guard sent == 0 || sent + entry.message.size < 20 else { return false }
        sent += entry.message.size
        see(index, entry.channel, entry.message)
        if after.entries[entry.channel] != entry.message.id { faults.append("a position beside its message") }
        return true
      }
      if cursor != nil, !readers[index].conflates { faults.append("a cursor without conflation") }
      if refill.isCaughtUp {
        if refill.position != live { faults.append("caught up elsewhere: \(refill.position), live at \(live)") }
        readers[index].refill = nil
      } else {
        readers[index].refill = refill
      }
    }
  }
}

@Suite("Refilling subscribers that lag")
struct RefillTests {
  private func set(_ epochs: [String], _ history: History = .last(1000)) -> ChannelSet {
    ChannelSet(
      epochs.enumerated().map { index, epoch in
        Channel(
          "c\(index)",
          log: ChannelLog(limits: ChannelLimits(history), epoch: .named(epoch), clock: ManualClock().clock))
      })
  }

  @Test("every message once and in order, or a reset; conflated readers see the newest", arguments: [UInt64](1...150))
  func property(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let epochs = Array(["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"].prefix(.random(in: 1...4, using: &random)))
    let history = Bool.random(using: &random) ? 1000 : Int.random(in: 2...12, using: &random)
    let set = set(epochs, .last(history))
    var simulation = Simulation(set, readers: [false, false, false, true, true])
    var published = set.channels.map { _ in [String?]() }

    for _ in 0..<600 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let channel = Int.random(in: set.channels.indices, using: &random)
        let key = Bool.random(using: &random) ? "k\(Int.random(in: 0..<3, using: &random))" : nil
        let text = String(repeating: "x", count: Int.random(in: 0...15, using: &random))
        _ = set.channels[channel].log.append(try MessageDraft(text: text, key: key))
        published[channel].append(key)
      case 5..<8: simulation.turn()
      default:
        let reader = Int.random(in: simulation.readers.indices, using: &random)
        let count = min(Int.random(in: 0...6, using: &random), simulation.readers[reader].queue.count)
        simulation.readers[reader].queue.removeFirst(count)
      }
    }
    for _ in 0..<700 where simulation.readers.contains(where: { $0.refill != nil }) {
      for reader in simulation.readers.indices { simulation.readers[reader].queue = [] }
      simulation.turn()
    }
    simulation.turn()

    #expect(simulation.faults.isEmpty, "seed \(seed): \(simulation.faults.prefix(3))")
    for reader in simulation.readers {
      #expect(reader.refill == nil, "seed \(seed): never caught up")
      for (channel, seen) in reader.seen.enumerated() {
        #expect(seen.standing == published[channel].count, "seed \(seed)")
        guard seen.resets == 0 else {
          #expect(history < 1000, "seed \(seed): a reset although everything is held")
          continue
        }
        let missing = Set(1...max(1, published[channel].count)).subtracting(seen.offsets)
          .intersection(1..<published[channel].count + 1)
        if !reader.conflates { #expect(missing.isEmpty, "seed \(seed)") }
        for offset in missing {
          let key = published[channel][offset - 1]
          let newer = seen.offsets.contains { $0 > offset && published[channel][$0 - 1] == key }
          #expect(key != nil && newer, "seed \(seed): \(offset) vanished without a newer one of its key")
        }
      }
    }
  }

  @Test("a position that is conflated away is told before the pause")
  func cursorBeforeThePause() throws {
    let set = set(["aaaaaaaa"])
    let log = set.channels[0].log
    for (text, key) in [("1", nil), ("2", "k"), ("3", nil), ("4", "k")] as [(String, String?)] {
      _ = log.append(try MessageDraft(text: text, key: key))
    }
    var refill = Refill(at: Position([MessageID(epoch: .named("aaaaaaaa"), offset: 0)]), conflates: true)
    var sent: [Int] = []
    let cursor = refill.take(set.read(from: refill.position.point)) { entry, _ in
      if sent.isEmpty { sent.append(entry.message.id.offset) } else { return false }
      return true
    }
    #expect(sent == [1])
    #expect(cursor?.description == "aaaaaaaa-2")
    #expect(!refill.isCaughtUp)
    let next = refill.take(set.read(from: refill.position.point)) { entry, _ in
      sent.append(entry.message.id.offset)
      return true
    }
    #expect(sent == [1, 3, 4])
    #expect(next == nil)
    #expect(refill.isCaughtUp)
  }

  @Test(
    "due below a quarter of the soft limit",
    arguments: [(0, 4, true), (1, 4, false), (63, 256, true), (64, 256, false)])
  func due(queued: Int, soft: Int, isDue: Bool) { #expect(Refill.isDue(queued: queued, soft: soft) == isDue) }
}
