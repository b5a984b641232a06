import Testing

@testable import HalleyServer

@Suite("Files of the browser client")
struct ClientFileTests {
  @Test("The script and the module stay below 8 KiB when compressed", arguments: ["halley.js", "halley.mjs"])
  func size(name: String) throws {
    let file = try #require(ClientFile.all[name])
    let packed = try #require(file.packed)
    print("\(name): \(packed.body.count) bytes compressed, \(file.plain.body.count) as it is")
    #expect(packed.body.count < 8_192)
  }

  @Test("Every file and form has a tag of its own, and there are no others")
  func tags() {
    let tags = ClientFile.all.values.flatMap { [$0.plain.tag, $0.packed?.tag].compactMap { $0?.description } }
    #expect(Set(tags).count == 6)
    #expect(ClientFile.all.keys.sorted() == ["halley.d.ts", "halley.js", "halley.mjs"])
  }
}
