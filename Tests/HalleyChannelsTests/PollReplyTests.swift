import HalleyProtocols
import Testing

@testable import HalleyChannels

@Suite("The answer to a poll")
struct PollReplyTests {
  private let log = makeLog()
  private let set: ChannelSet

  init() throws {
    set = ChannelSet(Channel("positions", log: log))
    try log.append("a", "b", "c")
  }

  private func reply(_ point: ResumePoint, _ form: PollReply.Form = .object, batch: Int = .max) -> PollReply {
    PollReply(
      form: form, arrival: set.read(from: point, batch: ReplayLimits(messages: batch, bytes: .max)), of: set,
      interval: 3_000)
  }

  private var events: PollReply.Form {
    .stream(
      StreamText(kind: StreamKind(format: .events, isChunked: false), heartbeat: 15_000, maxBytes: 128 << 10))
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("what was found, and that there is more")
  func found() {
    let first = text(reply(after(1), batch: 1).found())
    #expect(first.hasPrefix(#"{"resume":"resumed","cursor":"kQ3fZx9a-2","messages":[{"id":"kQ3fZx9a-2","data":"b"}]"#))
    #expect(first.hasSuffix(#""more":true,"retry":0}"#))
    #expect(
      text(reply(after(1), events, batch: 1).found()).hasPrefix("retry: 100\nid: kQ3fZx9a-1\n"),
      "an event source comes back at once for the rest")
    #expect(text(reply(after(1), events).found()).hasPrefix("retry: 3000\nid: kQ3fZx9a-1\n"))
  }

  @Test("expired and moved: the cursor stays")
  func nothing() {
    let reply = reply(after(3))
    #expect(
      text(reply.expired()) == #"{"resume":"current","cursor":"kQ3fZx9a-3","messages":[],"more":false,"retry":0}"#)
    #expect(
      text(reply.moved(reason: "drain", retry: 4_200))
        == #"{"resume":"current","cursor":"kQ3fZx9a-3","messages":[],"more":false,"retry":4200}"#)
    #expect(
      text(self.reply(after(3), events).moved(reason: "drain", retry: 4_200)).hasSuffix(
        "retry: 4200\nevent: halley.move\ndata: {\"type\":\"move\",\"reason\":\"drain\",\"retry\":4200}\n\n"))
  }

  @Test("a turn's messages, cut to a batch: the cursor is the position after the last one that is in the answer")
  func answered() throws {
    let reply = reply(after(3))
    let before = set.top
    try log.append("d", "e")
    let run = set.deliveries([log.read(from: after(3)).messages], from: before)
    let one = text(reply.answered(with: run, within: ReplayLimits(messages: 1, bytes: .max)))
    #expect(one.hasPrefix(#"{"resume":"current","cursor":"kQ3fZx9a-4","#))
    #expect(one.hasSuffix(#""more":true,"retry":0}"#))
    let both = text(reply.answered(with: run, within: .unlimited))
    #expect(both.hasPrefix(#"{"resume":"current","cursor":"kQ3fZx9a-5","#))
    #expect(both.hasSuffix(#""more":false,"retry":0}"#))
  }

  @Test("a reset stands alone, and in a call it is the same object")
  func reset() throws {
    let other = ResumePoint.after([MessageID(epoch: .named("Pm2aT0xY"), offset: 7)])
    let object = #"{"resume":"reset","reason":"epoch","cursor":"kQ3fZx9a-3","messages":[],"more":false,"retry":0}"#
    #expect(text(reply(other).found()) == object)
    let callback = try #require(JSONPCallback(Array("cb".utf8)))
    #expect(text(reply(other, .script(callback)).found()) == "/**/cb(\(object));")
  }
}
