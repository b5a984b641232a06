import HalleyProtocols
import Testing

@Suite("Cursor") struct CursorTests {
  @Test(arguments: [
    ("", Cursor.Reading.absent), ("latest", .latest), ("oldest", .oldest), ("last-50", .last(50)), ("last-0", .last(0)),
    ("kQ3fZx9a-42", .entries([.init(epoch: "kQ3fZx9a", offset: 42)])),
    ("kQ3fZx9a-0", .entries([.init(epoch: "kQ3fZx9a", offset: 0)])),
    (
      "kQ3fZx9a-42.Pm2aT0xY-7",
      .entries([.init(epoch: "kQ3fZx9a", offset: 42), .init(epoch: "Pm2aT0xY", offset: 7)])
    ),
    ("kQ3fZx9a-9007199254740991", .entries([.init(epoch: "kQ3fZx9a", offset: 9_007_199_254_740_991)])),
  ])
  func wellFormed(text: String, expected: Cursor.Reading) {
    #expect(Cursor.read(Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    "x", "kQ3fZx9a", "kQ3fZx9a-", "kQ3fZx9a-042", "kQ3fZx9a-+1", "kQ3fZx9a--1", "kQ3fZx9a-9007199254740992",
    "kQ3fZx9a-99999999999999999999", "kQ3f!x9a-1", "kQ3fZx9a-1.", ".kQ3fZx9a-1", "kQ3fZx9a-1..kQ3fZx9a-2", "last-",
    "last--1", "last-9999999999", "Latest", "kQ3fZx9a-1\0", "kQ3fZx9a-1 ", "\u{e4}Q3fZx9a-1",
  ])
  func malformedReadsAsUnknown(text: String) {
    #expect(Cursor.read(Array(text.utf8)) == .unknown)
  }

  @Test func sixteenEntriesAreTheMost() {
    let sixteen = (1...16).map { Cursor.Entry(epoch: "kQ3fZx9a", offset: $0) }
    #expect(Cursor.read(Array(Cursor.text(sixteen).utf8)) == .entries(sixteen))
    let seventeen = sixteen + [Cursor.Entry(epoch: "kQ3fZx9a", offset: 17)]
    #expect(Cursor.read(Array(Cursor.text(seventeen).utf8)) == .unknown)
  }

  @Test func overLongIsUnknown() {
    #expect(Cursor.read([UInt8](repeating: 0x61, count: 513)) == .unknown)
  }
}
