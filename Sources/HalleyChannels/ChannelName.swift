/// The rule for channel names: `[A-Za-z0-9_.:/-]{1,128}`, case-sensitive, not starting with `halley.`.
package enum ChannelName {
  /// Longest name in bytes.
  package static let maxBytes = 128

  /// What is wrong with a name, as the end of a sentence; nil when it is fine.
  package static func problem(_ name: String) -> String? {
    guard !name.isEmpty else { return "is empty" }
    guard name.utf8.count <= maxBytes else { return "is longer than 128 bytes" }
    guard name.utf8.allSatisfy(isAllowed) else { return "has a character outside [A-Za-z0-9_.:/-]" }
    guard !name.utf8.starts(with: "halley.".utf8) else { return "starts with the reserved prefix halley." }
    return nil
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
