import Testing

@testable import HalleyChannels

@Suite("Presence")
struct PresenceTests {
  private func told(_ channel: Channel) -> [String] {
    channel.log.read(from: .start(.oldest)).messages.map {
      "\($0.event ?? "") \(String(decoding: $0.payload, as: UTF8.self))"
    }
  }

  @Test("several connections of a user are one member; coming and going is told once, with the count")
  func tabs() async {
    let channel = Channel("a")
    #expect(channel.arrive("ada", limit: 9))
    #expect(channel.arrive("ada", limit: 9))
    #expect(channel.arrive("bob", limit: 9))
    #expect(await channel.presence.members.map { "\($0.user) \($0.connections)" } == ["ada 2", "bob 1"])
    #expect(!channel.leave("ada", until: 100))
    #expect(channel.leave("ada", until: 100))
    #expect(await channel.presence.count == 2)
    #expect(channel.expire("ada", now: 99) == 100)
    #expect(channel.expire("ada", now: 100) == nil)
    #expect(await channel.presence.count == 1)
    #expect(
      told(channel) == [
        #"presence.join {"user":"ada","members":1}"#, #"presence.join {"user":"bob","members":2}"#,
        #"presence.leave {"user":"ada","members":1}"#,
      ])
  }

  @Test("who comes back in time was never away, and is asked for once however often it comes and goes")
  func reconnect() async {
    let channel = Channel("a")
    _ = channel.arrive("ada", limit: 9)
    #expect(channel.leave("ada", until: 100))
    for time in 0..<50 {
      #expect(channel.arrive("ada", limit: 9))
      #expect(!channel.leave("ada", until: UInt64(100 + time)))
    }
    #expect(channel.expire("ada", now: 120) == 149)
    #expect(channel.arrive("ada", limit: 9))
    // It has a connection, whose end is watched anew.
    #expect(channel.expire("ada", now: 149) == nil)
    #expect(channel.leave("ada", until: 200))
    #expect(channel.expire("ada", now: 200) == nil)
    #expect(await channel.presence.members.isEmpty)
    #expect(told(channel).count == 2)
    #expect(channel.expire("ada", now: 300) == nil)
    #expect(!channel.leave("ada", until: 400))
    #expect(told(channel).count == 2)
  }

  @Test("a short stay does not shorten a longer one that was granted before")
  func longest() {
    let channel = Channel("a")
    _ = channel.arrive("ada", limit: 9)
    _ = channel.leave("ada", until: 1_000)
    _ = channel.arrive("ada", limit: 9)
    _ = channel.leave("ada", until: 50)
    #expect(channel.expire("ada", now: 60) == 1_000)
  }

  @Test("a full channel takes no further member, but further connections of those there")
  func full() async {
    let channel = Channel("a")
    #expect(channel.arrive("ada", limit: 1))
    #expect(!channel.arrive("bob", limit: 1))
    #expect(channel.arrive("ada", limit: 1))
    #expect(await channel.presence.count == 1)
    #expect(told(channel).count == 1)
  }

  @Test("names are quoted; the list says where in the channel it is true; a typed channel tells of members too")
  func list() throws {
    let contract = ChannelContract(type: Int.self, dates: .seconds) { _ in false }
    let channel = Channel("a", log: makeLog(), contract: contract)
    _ = channel.arrive("\"<a>\u{0}\u{2028}", limit: 9)
    #expect(told(channel) == [#"presence.join {"user":"\"<a>\u0000\u2028","members":1}"#])
    let row = #"{"user":"\"<a>\u0000\u2028","connections":1}"#
    #expect(channel.presenceList == #"{"members":[\#(row)],"count":1,"cursor":"kQ3fZx9a-1"}"#)
  }
}
