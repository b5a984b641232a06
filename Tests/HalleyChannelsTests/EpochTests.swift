import HalleyProtocols
import HalleyTesting
import Synchronization
import Testing

@testable import HalleyChannels

@Suite("New epochs on a live channel", .timeLimit(.minutes(1)))
struct EpochTests {
  private let next = Epoch.named("Nxt00001")
  private let third = Epoch.named("Trd00001")

  private func beginning(_ epoch: Epoch, top: Int? = nil, _ texts: String...) throws -> LogBeginning {
    try #require(
      LogBeginning(epoch: epoch, top: top, messages: try texts.map { LogBeginning.Held(try MessageDraft(text: $0)) }))
  }

  private func id(_ epoch: Epoch, _ offset: Int) -> MessageID { MessageID(epoch: epoch, offset: offset) }

  @Test("a sink gets the old epoch, the mark where the new one stands, and the new one, with one wake-up")
  func order() throws {
    let log = makeLog()
    let count = Atomic<Int>(0)
    let inbox = MessageInbox { count.add(1, ordering: .relaxed) }
    _ = log.attach(inbox, from: .start(.latest))
    try log.append("a", "b")
    #expect(log.restart(try beginning(next, top: 7, "x")))
    try log.append("c")
    let pending = inbox.takePending()
    #expect(pending.map(\.id) == [id(exampleEpoch, 1), id(exampleEpoch, 2), id(next, 7), id(next, 8)])
    #expect(pending.map(\.opensEpoch) == [false, false, true, false])
    #expect(count.load(ordering: .relaxed) == 1)
    // A mark alone wakes too.
    log.restart(.empty)
    #expect(count.load(ordering: .relaxed) == 2)
  }

  @Test("cursors of the old epoch are reset; those of the new one are met by what the broker gave")
  func cursors() throws {
    let log = makeLog()
    try log.append("a", "b")
    log.restart(try beginning(next, top: 7, "six", "seven"))
    #expect(log.top == id(next, 7))
    let old = log.read(from: after(1))
    #expect(old.outcome == .reset(.epoch) && old.end == id(next, 7) && old.messages.isEmpty)
    #expect(log.read(from: .after([id(next, 5)])).offsets == [6, 7])
    #expect(log.read(from: .after([id(next, 4)])).outcome == .reset(.expired))
    #expect(log.read(from: .after([id(next, 7)])).outcome == .current)
    #expect(log.read(from: .start(.oldest)).offsets == [6, 7])
    // A position that knows both epochs stands in the new one.
    #expect(log.read(from: .after([id(exampleEpoch, 2), id(next, 6)])).offsets == [7])
  }

  @Test("idempotency keys are those of what the broker gave")
  func idempotency() throws {
    let log = makeLog()
    let first = try MessageDraft(text: "a", idempotencyKey: "1")
    #expect(log.append(first).id == id(exampleEpoch, 1))
    log.restart(.empty)
    let again = log.append(first)
    #expect(!again.duplicate && again.id.offset == 1 && again.id.epoch != exampleEpoch)
    let kept = LogBeginning.Held(try MessageDraft(text: "a", idempotencyKey: "1"))
    log.restart(try #require(LogBeginning(epoch: next, top: 9, messages: [kept])))
    #expect(log.append(first) == PublishReceipt(id: id(next, 9), duplicate: true))
  }

  @Test("a key that has come back after its time is known by its newer message")
  func keyAgain() throws {
    var limits = ChannelLimits()
    limits.idempotency = 500
    let log = makeLog(limits)
    let draft = try MessageDraft(text: "a", idempotencyKey: "1")
    let messages = [2_000, 100].map { LogBeginning.Held(draft, age: $0) }
    log.restart(try #require(LogBeginning(epoch: next, messages: messages)))
    #expect(log.append(draft) == PublishReceipt(id: id(next, 2), duplicate: true))
  }

  @Test("what the broker gave is trimmed by count and age, keys expire, and times never fall")
  func limits() throws {
    let clock = ManualClock()
    var limits = ChannelLimits()
    limits.historyMessages = 3
    limits.historyAge = 1_000
    limits.idempotency = 500
    let log = makeLog(limits, clock: clock)
    let held = try [2_000, 900, 950, 100].enumerated().map { index, age in
      LogBeginning.Held(try MessageDraft(text: "\(index)", idempotencyKey: "k\(index)"), age: UInt64(age))
    }
    log.restart(try #require(LogBeginning(epoch: next, messages: held)))
    let read = log.read(from: .start(.oldest))
    #expect(read.offsets == [2, 3, 4])
    #expect(read.messages.map { clock.now - $0.appendedAt } == [900, 900, 100])
    #expect(log.append(held[3].draft).duplicate)
    #expect(!log.append(held[2].draft).duplicate)
    clock.advance(950)
    #expect(log.read(from: .start(.oldest)).offsets == [5])
    // An age beyond the beginning of time.
    let ancient = LogBeginning.Held(try MessageDraft(text: "x"), age: .max)
    log.restart(try #require(LogBeginning(epoch: third, messages: [ancient])))
    #expect(log.read(from: .start(.oldest)).offsets.isEmpty && log.top == id(third, 1))
  }

  @Test("the epoch that a channel has already changes nothing; more messages than offsets are no beginning")
  func refused() throws {
    let log = makeLog()
    let inbox = MessageInbox {}
    _ = log.attach(inbox, from: .start(.latest))
    #expect(!log.restart(try beginning(exampleEpoch, top: 5)))
    #expect(log.top.offset == 0 && inbox.takePending().isEmpty)
    let held = LogBeginning.Held(try MessageDraft(text: "a"))
    #expect(LogBeginning(top: 0, messages: [held]) == nil)
    #expect(LogBeginning(top: -1) == nil)
    #expect(LogBeginning(top: .max) == nil)
    #expect(LogBeginning(top: 1 << 53 - 1) == nil)
    #expect(LogBeginning(top: 1, messages: [held]) != nil)
  }

  @Test("a run is cut at the newest epoch of each channel; of those in between nobody hears")
  func cut() throws {
    let logs = [makeLog(), ChannelLog(limits: ChannelLimits(), epoch: third)]
    let inboxes = logs.map { log in
      let inbox = MessageInbox {}
      _ = log.attach(inbox, from: .start(.latest))
      return inbox
    }
    let live = Position(logs.map(\.top))
    try logs[0].append("old")
    try logs[1].append("other")
    var pending = inboxes.map { $0.takePending() }
    #expect(!EpochCut.isNeeded(pending, from: live))
    try logs[0].append("old")
    logs[0].restart(.empty)
    try logs[0].append("between")
    logs[0].restart(try beginning(next, top: 3))
    try logs[0].append("new")
    try logs[1].append("other")
    pending = inboxes.map { $0.takePending() }
    #expect(EpochCut.isNeeded(pending, from: live))
    let cut = EpochCut(pending)
    #expect(cut.before.map { $0.map(\.id) } == [[id(exampleEpoch, 2)], [id(third, 2)]])
    #expect(cut.begun.map(\.channel) == [0] && cut.begun.map(\.at) == [id(next, 3)])
    #expect(cut.after.map { $0.map(\.id) } == [[id(next, 4)], []])

    let set = ChannelSet([Channel("a", log: logs[0]), Channel("b", log: logs[1])])
    let reset = SetRead(cut, at: Position([id(next, 3), id(third, 2)]), delivery: .live)
    #expect(
      String(decoding: ServerFrame.opening(reset, of: set, heartbeat: 15_000).json, as: UTF8.self)
        == #"{"type":"reset","reason":"epoch","cursor":"Nxt00001-3.Trd00001-2","heartbeat":15000,"channels":["a"]}"#)
    #expect(
      String(
        decoding: PollObject.encode(reset, of: set, [Delivery](), cursor: reset.end, more: false, retry: 0),
        as: UTF8.self)
        == #"{"resume":"reset","reason":"epoch","channels":["a"],"cursor":"Nxt00001-3.Trd00001-2","messages":[],"#
        + #""more":false,"retry":0}"#)
  }

  @Test("what the old epoch held no longer counts towards the budget")
  func budget() throws {
    let registry = ChannelRegistry()
    let channel = try registry.channel(named: "a")
    for _ in 0..<10 { _ = channel.log.append(try MessageDraft(text: "0123456789")) }
    #expect(registry.historyTotal == 10 * (10 + HistoryBudget.overhead))
    channel.log.restart(try beginning(next, top: 5, "0123456789"))
    #expect(registry.historyTotal == 10 + HistoryBudget.overhead)
    channel.log.restart(.empty)
    #expect(registry.historyTotal == 0)
  }

  @Test("a reader inside the program gets what the old epoch had for it, then the reset")
  func reader() async throws {
    let channel = Channel("a", log: makeLog())
    var reader = channel.messages().makeAsyncIterator()
    try await channel.publish("one")
    #expect(try await reader.next()?.id == id(exampleEpoch, 1))
    try await channel.publish("two")
    try await channel.publish("three")
    channel.log.restart(try beginning(next, top: 4))
    try await channel.publish("new")
    #expect(try await reader.next()?.id == id(exampleEpoch, 2))
    #expect(try await reader.next()?.id == id(exampleEpoch, 3))
    let error = try await #require(throws: SubscriptionError.self) { _ = try await reader.next() }
    #expect(error == .reset(reason: "epoch", cursor: id(next, 5)))
    #expect(try await reader.next() == nil)
    #expect(channel.log.sinkCount == 0)

    // One that waits for the first message is woken by the reset.
    let waiting = Task {
      for try await _ in channel.messages() {}
    }
    while channel.log.sinkCount == 0 { await Task.yield() }
    channel.log.restart(try beginning(third))
    await #expect(throws: SubscriptionError.reset(reason: "epoch", cursor: id(third, 0))) { try await waiting.value }
  }

  @Test("while epochs change, subscribers that attach from other threads see one order, without gaps")
  func concurrent() async throws {
    let log = ChannelLog(limits: ChannelLimits(History.last(100_000, bytes: 1 << 30)))
    let rounds = 4_000
    let over = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in UInt64(1)...2 {
        group.addTask {
          var random = SeededGenerator(seed: seed)
          while over.value == 0 {
            let inbox = MessageInbox {}
            let attachment = log.attach(inbox, from: .start(.latest))
            var place = attachment.result.end
            for _ in 0..<Int.random(in: 1...50, using: &random) {
              for message in inbox.takePending() {
                if message.opensEpoch {
                  if message.id.epoch == place.epoch { Issue.record("epoch \(place.epoch) begins again") }
                } else if message.id.epoch != place.epoch || message.id.offset != place.offset + 1 {
                  Issue.record("\(message.id) after \(place)")
                }
                place = message.id
              }
              await Task.yield()
            }
            log.detach(inbox)
          }
        }
      }
      group.addTask {
        for round in 0..<rounds {
          let receipt = log.append(try MessageDraft(text: "\(round)"))
          if receipt.id != log.top { Issue.record("the receipt says \(receipt.id)") }
          if round % 7 == 0 { log.restart(try #require(LogBeginning(top: round))) }
          if round % 64 == 0 { await Task.yield() }
        }
        over.increment()
      }
      try await group.waitForAll()
    }
    #expect(log.sinkCount == 0)
  }
}

@Suite("Delivery status")
struct DeliveryStatusTests {
  @Test("sinks are told of each change once; whoever attaches or reads gets it with the answer")
  func changes() throws {
    let log = makeLog()
    let count = Atomic<Int>(0)
    let inbox = MessageInbox(wake: {}, deliveryChanged: { count.add(1, ordering: .relaxed) })
    #expect(log.attach(inbox, from: .start(.latest)).result.delivery == .live)
    log.delivery = .live
    #expect(count.load(ordering: .relaxed) == 0)
    log.delivery = .degraded
    log.delivery = .degraded
    #expect(count.load(ordering: .relaxed) == 1)
    #expect(log.read(from: after(0)).delivery == .degraded)
    // A new epoch changes nothing about it.
    log.restart(.empty)
    #expect(log.attach(MessageInbox {}, from: .start(.latest)).result.delivery == .degraded)
    log.delivery = .live
    #expect(count.load(ordering: .relaxed) == 2)
  }

  @Test("a set is degraded when one of its channels is; polls and streams say it behind how the request was met")
  func told() throws {
    let set = ChannelSet([Channel("a", log: makeLog()), Channel("b", log: makeLog())])
    #expect(set.delivery == .live)
    set.channels[1].log.delivery = .degraded
    #expect(set.delivery == .degraded)
    var read = ChannelSet(set.channels[1]).read(from: after(0))
    let single = ChannelSet(set.channels[1])
    func poll() -> String {
      String(
        decoding: PollObject.encode(read, of: single, [Delivery](), cursor: read.end, more: false, retry: 0),
        as: UTF8.self)
    }
    func stream(_ format: StreamKind.Format) -> String {
      let text = StreamText(
        kind: StreamKind(format: format, isChunked: false), heartbeat: 15_000, maxBytes: 1 << 20)
      return String(decoding: text.opening(read, of: single, retry: 3_000).bytes, as: UTF8.self)
    }
    let welcome = #"{"type":"welcome","resume":"current","cursor":"kQ3fZx9a-0","heartbeat":15000}"#
    let status = #"{"type":"status","delivery":"degraded"}"#
    #expect(
      poll()
        == #"{"resume":"current","cursor":"kQ3fZx9a-0","messages":[],"more":false,"retry":0,"delivery":"degraded"}"#)
    #expect(stream(.lines) == "\(welcome)\n\(status)\n")
    #expect(
      stream(.events)
        == "retry: 3000\nid: kQ3fZx9a-0\nevent: halley.welcome\ndata: \(welcome)\n\n"
        + "event: halley.status\ndata: \(status)\n\n")
    #expect(stream(.eventFrames).hasSuffix("\n\ndata: \(status)\n\n"))
    read.delivery = .live
    #expect(poll() == #"{"resume":"current","cursor":"kQ3fZx9a-0","messages":[],"more":false,"retry":0}"#)
    #expect(stream(.lines) == "\(welcome)\n")
    #expect(
      String(decoding: ServerFrame.status(.live).json, as: UTF8.self) == #"{"type":"status","delivery":"live"}"#)
  }
}
