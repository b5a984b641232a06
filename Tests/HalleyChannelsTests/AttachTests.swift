import Synchronization
import Testing

@testable import HalleyChannels

@Suite("Attaching")
struct AttachTests {
  @Test("a sink gets each message once, in order, from its attachment to its detachment")
  func lifetime() throws {
    let log = makeLog()
    try log.append("before")
    let inbox = MessageInbox {}
    #expect(log.attach(inbox, from: .start(.latest)).result.offsets.isEmpty)
    try log.append("a", "b")
    _ = log.attach(inbox, from: .start(.latest))
    #expect(log.sinkCount == 1)
    try log.append("c")
    #expect(inbox.takePending().map(\.id.offset) == [4])
    log.detach(inbox)
    log.detach(inbox)
    try log.append("d")
    #expect(inbox.takePending().isEmpty)
    #expect(log.sinkCount == 0)
  }

  @Test("what is pending goes to the earlier subscribers, the replay to the new one: nothing twice, nothing lost")
  func pendingIsTakenOver() throws {
    let log = makeLog()
    let inbox = MessageInbox {}
    _ = log.attach(inbox, from: .start(.latest))
    try log.append("a", "b")
    let second = log.attach(inbox, from: after(0))
    #expect(second.pending.map(\.id.offset) == [1, 2])
    #expect(second.result.offsets == [1, 2])
    try log.append("c")
    #expect(inbox.takePending().map(\.id.offset) == [3])
  }

  @Test("one wake-up per batch")
  func wakeUps() throws {
    let log = makeLog()
    let count = Atomic<Int>(0)
    let inbox = MessageInbox { count.add(1, ordering: .relaxed) }
    _ = log.attach(inbox, from: .start(.latest))
    try log.append("a", "b", "c")
    #expect(count.load(ordering: .relaxed) == 1)
    _ = inbox.takePending()
    try log.append("d")
    #expect(count.load(ordering: .relaxed) == 2)
  }

  @Test("all sinks share one message object")
  func shared() throws {
    let log = makeLog()
    let one = MessageInbox {}
    let two = MessageInbox {}
    _ = log.attach(one, from: .start(.latest))
    _ = log.attach(two, from: .start(.latest))
    try log.append("a")
    #expect(one.takePending().first === two.takePending().first)
  }
}
