import FoundationEssentials
import HalleyChannels
import Testing

@testable import Halley

private struct Said: Codable, Equatable {
  var name: String
  var at: Date
  var reply: Int?
}

@Suite("Typed channels", .timeLimit(.minutes(1)))
struct TypedChannelTests {
  private let ada = Said(name: "Ada", at: Date(timeIntervalSince1970: 1_700_000_000.25), reply: nil)

  @Test("A value goes in and comes out, and pages see its JSON")
  func roundTrip() async throws {
    let chat = Channel("chat", of: Said.self, history: .last(5))
    let events = chat.messages()
    let id = try await chat.publish(ada, event: "said", key: "ada")
    for try await event in events {
      #expect(event == ada)
      break
    }
    let message = try #require(chat.log.read(from: .start(.oldest)).messages.first)
    #expect(message.id == id)
    #expect(message.kind == .json)
    #expect(message.event == "said")
    #expect(message.key == "ada")
    let json = String(decoding: message.payload, as: UTF8.self)
    #expect(
      json.contains(#""at":1700000000250"#) && json.contains(#""name":"Ada""#) && !json.contains("reply"), "\(json)")
    #expect(chat.log.sinkCount == 0)
  }

  @Test("Whoever publishes, only what decodes as the type gets in")
  func refused() async throws {
    let chat = Channel("chat", of: Said.self)
    let untyped: Channel = chat
    await #expect(throws: PublishError.invalid("the payload does not decode as Said")) {
      try await untyped.publish(jsonBytes: Array(#"{"name":7,"at":1}"#.utf8))
    }
    await #expect(throws: PublishError.self) { try await untyped.publish("not JSON") }
    await #expect(throws: PublishError.self) { try await untyped.publish(bytes: [1, 2]) }
    await #expect(throws: PublishError.self) { try await chat.publish(ada, event: "presence.join") }
    #expect(chat.log.top.offset == 0)
    // What is JSON of the type gets in as JSON, however it is sent.
    try await untyped.publish(#" {"name":"Grace", "at":1} "#)
    #expect(chat.log.read(from: .start(.oldest)).messages.first?.kind == .json)
  }

  @Test("A message of another type ends the typed reader with its id; what tells of members is left out")
  func undecodable() async throws {
    let chat = Channel("chat", of: Said.self, history: .last(5))
    _ = chat.log.append(MessageDraft(presence: "presence.join", json: Array("{}".utf8)))
    try await chat.publish(ada)
    let odd = chat.log.append(try MessageDraft(text: "from before"))
    var events = chat.messages(from: .oldest).makeAsyncIterator()
    #expect(try await events.next() == ada)
    #expect(events.id?.offset == 2)
    await #expect(throws: SubscriptionError.undecodable(odd.id)) { try await events.next() }
    #expect(try await events.next() == nil)
    #expect(chat.log.sinkCount == 0)
  }

  @Test("A sequence of values is the way in")
  func contentsOf() async throws {
    let chat = Channel("chat", of: Said.self, history: .last(5))
    let (stream, continuation) = AsyncStream.makeStream(of: Said.self)
    continuation.yield(ada)
    continuation.yield(ada)
    continuation.finish()
    #expect(try await chat.publish(contentsOf: stream) == 2)
    #expect(chat.log.top.offset == 2)
  }

  @Test(
    "Dates are written as asked for",
    arguments: [
      (DateForm.milliseconds, "1700000000250"), (.seconds, "1700000000.25"), (.iso8601, #""2023-11-14T22:13:20Z""#),
    ])
  func dates(form: DateForm, text: String) async throws {
    let chat = Channel("chat", of: [Date].self, dates: form)
    try await chat.publish([ada.at])
    let payload = chat.log.read(from: .start(.oldest)).messages[0].payload
    #expect(String(decoding: payload, as: UTF8.self) == "[\(text)]")
  }

  @Test("A computed channel is bound to its type by its route, and stays bound")
  func adopted() async throws {
    let contract = ChannelContract(EventCodec<Said>(dates: .milliseconds))
    let channel = Channel("room")
    try await channel.publish("anything")
    channel.adopt(contract)
    channel.adopt(ChannelContract(EventCodec<String>(dates: .milliseconds)))
    await #expect(throws: PublishError.self) { try await channel.publish(#""text""#) }
  }
}
