import Testing

@testable import HalleyChannels

@Suite("Drafts")
struct MessageDraftTests {
  @Test("event names and keys at the limit and one byte over")
  func lengths() throws {
    let most = String(repeating: "e", count: 128)
    let draft = try MessageDraft(text: "", event: most, key: most, idempotencyKey: most)
    #expect(draft.event == most)
    #expect(throws: PublishError.self) { try MessageDraft(text: "", event: most + "e") }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", key: most + "e") }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", idempotencyKey: most + "e") }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", event: String(repeating: "é", count: 65)) }
  }

  @Test("line ends and NUL cannot enter a name", arguments: ["a\rb", "a\nb", "a\r\nb", "a\0b", "\n"])
  func lineEnds(name: String) {
    #expect(throws: PublishError.self) { try MessageDraft(text: "", event: name) }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", key: name) }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", idempotencyKey: name) }
  }

  @Test("event names of the protocol are reserved")
  func reserved() throws {
    #expect(throws: PublishError.self) { try MessageDraft(text: "", event: "halley.reset") }
    #expect(throws: PublishError.self) { try MessageDraft(text: "", event: "halley.") }
    #expect(try MessageDraft(text: "", event: "halley").event == "halley")
    #expect(try MessageDraft(text: "", event: "Halley.reset").event == "Halley.reset")
  }

  @Test("an empty event name is none")
  func emptyEvent() throws { #expect(try MessageDraft(text: "", event: "").event == nil) }

  @Test("idempotency keys are printable ASCII", arguments: ["", "é", "\u{7F}", "\t"])
  func idempotencyKeys(key: String) {
    #expect(throws: PublishError.self) { try MessageDraft(text: "", idempotencyKey: key) }
  }

  @Test(
    "text from a peer is valid UTF-8", arguments: [[0x80], [0xC3], [0xC0, 0xAE], [0xED, 0xA0, 0x80]] as [[UInt8]])
  func invalidText(bytes: [UInt8]) {
    #expect(throws: PublishError.self) { try MessageDraft(textBytes: bytes) }
  }

  @Test("JSON is validated and loses its whitespace, not its digits")
  func json() throws {
    let draft = try MessageDraft(json: Array(#" { "a" : [ 1.00 , -0e+5 , "x y" ] } "#.utf8))
    #expect(draft.payload == Array(#"{"a":[1.00,-0e+5,"x y"]}"#.utf8))
    for bad in ["", " ", "{", "01", "nul", "[1,]", "\"\u{1}\"", "1 2"] {
      #expect(throws: PublishError.self) { try MessageDraft(json: Array(bad.utf8)) }
    }
  }
}

@Suite("Names and epochs")
struct NameTests {
  @Test(
    "channel names that are refused",
    arguments: ["", "halley.x", "halley.", "a b", "a?b", "ä", "a\n", "a\0", "%41", String(repeating: "n", count: 129)])
  func refused(name: String) { #expect(ChannelName.problem(name) != nil) }

  @Test(
    "channel names that are fine",
    arguments: ["a", "halley", "Halley.x", "rooms/42", "A-b_c.d:e/f", String(repeating: "n", count: 128)])
  func accepted(name: String) { #expect(ChannelName.problem(name) == nil) }

  @Test("an epoch is read back from its eight characters")
  func epochs() {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<100 {
      let epoch = Epoch.random(using: &random)
      #expect(epoch.description.utf8.count == 8)
      #expect(Epoch(epoch.description) == epoch)
    }
    for bad in ["", "kQ3fZx9", "kQ3fZx9aa", "kQ3fZx9-", "kQ3fZx9é"] { #expect(Epoch(bad) == nil) }
    #expect(Epoch.random() != Epoch.random())
  }
}
