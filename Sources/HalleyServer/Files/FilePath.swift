/// A path below the root that may be looked for.
///
/// The kernel keeps every path beneath the root anyway; what is refused here is refused before it is asked.
struct FilePath {
  private let segments: [String]

  /// Nil for what is never served: empty segments, names that start with a dot (so also `.` and `..`), control bytes,
  /// `\` and `/` inside a segment.
  init?(_ segments: [String]) {
    var bytes = 0
    for segment in segments {
      guard let first = segment.utf8.first, first != UInt8(ascii: ".") else { return nil }
      guard segment.utf8.allSatisfy(Self.isAllowed) else { return nil }
      bytes += segment.utf8.count + 1
    }
    // Longer ones would be refused by the kernel (PATH_MAX).
    guard bytes < 4096 else { return nil }
    self.segments = segments
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "/")
  }

  /// The directory itself.
  var isRoot: Bool { segments.isEmpty }
  /// Relative to the root.
  var text: String { segments.joined(separator: "/") }
  /// The last segment.
  var name: String { segments.last ?? "" }

  /// The index page of the directory at this path.
  var index: FilePath { FilePath(checked: segments + ["index.html"]) }

  private init(checked segments: [String]) { self.segments = segments }

  /// The last segment for a `Location`: everything but unreserved characters percent-encoded (RFC 3986 §2.3).
  var encodedName: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.append(byte)
      default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
