import Synchronization
import Testing

@testable import HalleyChannels

/// A broker that notes what it is told and answers as it was told to.
private final class ScriptedBroker: Broker {
  let calls = Mutex<[String]>([])
  let answer: Result<PublishReceipt, PublishError>
  init(_ answer: Result<PublishReceipt, PublishError>) { self.answer = answer }

  func publish(
    _ draft: MessageDraft, to channel: Channel, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  ) {
    calls.withLock { $0.append("publish") }
    done(answer)
  }
  func subscribe(_ channel: Channel) { calls.withLock { $0.append("subscribe \(channel.name)") } }
  func unsubscribe(_ channel: Channel) { calls.withLock { $0.append("unsubscribe \(channel.name)") } }
}

@Suite("Channels")
struct ChannelTests {
  @Test("publish returns the id that every subscriber sees, and moves the cursor")
  func publishes() async throws {
    let channel = Channel("positions", history: .last(8))
    let before = await channel.cursor
    #expect(before.hasSuffix("-0"))
    let ids = [
      try await channel.publish("text"), try await channel.publish(jsonBytes: Array("[1]".utf8), event: "moved"),
      try await channel.publish(bytes: [1, 2], key: "u7"),
    ]
    #expect(ids.map(\.offset) == [1, 2, 3])
    #expect(await channel.cursor == ids[2].description)
    let result = channel.log.read(from: .start(.oldest))
    #expect(result.messages.map(\.id) == ids)
    #expect(result.messages.map(\.kind) == [.text, .json, .binary])
  }

  @Test("what sockets without frames send is measured as it is kept, like all else from clients")
  func raw() throws {
    let channel = Channel("c", history: .last(8))
    channel.log.limits.payload = 4
    try channel.publish(raw: Array("[ 1 ]".utf8), as: .json)
    try channel.publish(raw: Array("text".utf8), as: .text)
    try channel.publish(raw: [0, 1, 2, 3], as: .binary)
    #expect(channel.log.read(from: .start(.oldest)).messages.map(\.payload.count) == [3, 4, 4])
    for kind in [MessageKind.json, .text, .binary] {
      #expect(throws: PublishError.tooLarge(limit: 4)) { try channel.publish(raw: Array("12345".utf8), as: kind) }
    }
    #expect(throws: PublishError.self) { try channel.publish(raw: Array("[1".utf8), as: .json) }
    #expect(channel.log.top.offset == 3)
  }

  @Test("a payload at the limit passes, one byte more does not")
  func tooLarge() async throws {
    let channel = Channel("c")
    channel.log.limits.payload = 4
    try await channel.publish("1234")
    await #expect(throws: PublishError.tooLarge(limit: 4)) { try await channel.publish("12345") }
    await #expect(throws: PublishError.tooLarge(limit: 4)) { try await channel.publish(bytes: [0, 1, 2, 3, 4]) }
    await #expect(throws: PublishError.tooLarge(limit: 4)) { try await channel.publish(jsonBytes: Array("12345".utf8)) }
    await #expect(throws: PublishError.tooLarge(limit: 4)) {
      try await channel.publish(try MessageDraft(text: "12345"))
    }
    #expect(channel.log.top.offset == 1)
  }

  @Test("a channel with a bad name takes nothing")
  func badName() async {
    let channel = Channel("no spaces")
    #expect(channel.nameProblem != nil)
    await #expect(throws: PublishError.self) { try await channel.publish("x") }
    #expect(channel.log.top.offset == 0)
  }

  @Test("the broker's word is what the publisher gets", arguments: [PublishError.refused, .unknown])
  func brokerFails(error: PublishError) async {
    let channel = Channel("c")
    channel.use(ScriptedBroker(.failure(error)))
    await #expect(throws: error) { try await channel.publish("x") }
    #expect(channel.log.top.offset == 0)
  }

  @Test("a broker hears of the first sink and of the last")
  func demand() {
    let broker = ScriptedBroker(.failure(.refused))
    let channel = Channel("c")
    channel.use(broker)
    let one = MessageInbox {}
    let two = MessageInbox {}
    _ = channel.log.attach(one, from: .start(.latest))
    _ = channel.log.attach(two, from: .start(.latest))
    channel.log.detach(one)
    channel.log.detach(two)
    #expect(broker.calls.withLock { $0 } == ["unsubscribe c", "subscribe c", "unsubscribe c"])
  }
}
