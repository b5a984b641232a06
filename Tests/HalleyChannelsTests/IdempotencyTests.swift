import Testing

@testable import HalleyChannels

@Suite("Idempotency keys")
struct IdempotencyTests {
  private func draft(_ key: String?, publisher: String = "", text: String = "x") throws -> MessageDraft {
    try MessageDraft(text: text, idempotencyKey: key, publisher: publisher)
  }

  @Test("a repetition returns the first id and appends nothing")
  func repetition() throws {
    let log = makeLog()
    let inbox = MessageInbox {}
    _ = log.attach(inbox, from: .start(.latest))
    let first = log.append(try draft("c41e-9"))
    #expect(!first.duplicate)
    _ = log.append(try draft("other"))
    let again = log.append(try draft("c41e-9", text: "changed"))
    #expect(again == PublishReceipt(id: first.id, duplicate: true))
    #expect(log.top.offset == 2)
    #expect(inbox.takePending().count == 2)
  }

  @Test("without a key every publish is a message")
  func withoutKey() throws {
    let log = makeLog()
    for _ in 0..<3 { #expect(!log.append(try draft(nil)).duplicate) }
    #expect(log.top.offset == 3)
  }

  @Test("keys of different publishers never meet, whatever they contain")
  func publishers() throws {
    let log = makeLog()
    #expect(!log.append(try draft("bc", publisher: "a")).duplicate)
    #expect(!log.append(try draft("c", publisher: "ab")).duplicate)
    #expect(log.append(try draft("c", publisher: "ab")).duplicate)
  }

  @Test("a key is remembered for the window and not a millisecond longer")
  func window() throws {
    let clock = ManualClock()
    let log = makeLog(clock: clock)
    _ = log.append(try draft("k"))
    clock.advance(300_000)
    #expect(log.append(try draft("k")).duplicate)
    clock.advance(1)
    #expect(!log.append(try draft("k")).duplicate)
    #expect(log.append(try draft("k")).duplicate)
  }

  @Test("the number of keys is bounded; the oldest is forgotten first")
  func bounded() throws {
    var limits = ChannelLimits()
    limits.idempotencyKeys = 100
    var state = LogState(epoch: exampleEpoch, limits: limits)
    for number in 0..<1000 { _ = state.append(try draft("k\(number)"), now: 1) }
    #expect(state.idempotency.count == 100)
    guard case .duplicate(let id) = state.append(try draft("k900"), now: 1) else {
      Issue.record("a remembered key was not recognised")
      return
    }
    #expect(id.offset == 901)
    guard case .appended = state.append(try draft("k899"), now: 1) else {
      Issue.record("a forgotten key was recognised")
      return
    }
  }

  @Test("the message may be trimmed while its key is remembered")
  func trimmed() throws {
    let log = makeLog(ChannelLimits(.none))
    let first = log.append(try draft("k"))
    #expect(log.append(try draft("k")).id == first.id)
  }
}
