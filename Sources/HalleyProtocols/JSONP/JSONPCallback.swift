/// The name of a JSONP callback, checked: nothing else ever reaches the script that is sent back.
///
/// `^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*){0,7}$`, at most 64 bytes, after exactly one percent-decoding.
/// A wider alphabet lets a callback carry code, or the bytes of another file type. Delivery contract §7.3.
public struct JSONPCallback: Sendable, Hashable {
  /// Longest name, bytes.
  public static let maxBytes = 64
  /// Most parts between dots.
  public static let maxParts = 8

  let name: [UInt8]

  /// - Parameter decoded: the parameter's value, decoded once.
  /// - Returns: nil when it is not a name.
  public init?(_ decoded: [UInt8]) {
    guard decoded.count <= Self.maxBytes else { return nil }
    let parts = decoded.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard !parts.isEmpty, parts.count <= Self.maxParts, parts.allSatisfy(Self.isIdentifier) else { return nil }
    name = decoded
  }

  private static func isIdentifier(_ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, isStart(first) else { return false }
    return part.dropFirst().allSatisfy { isStart($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isStart(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "$"): true
    default: false
    }
  }
}

/// A JSONP answer: a script that calls the callback with one JSON value.
public enum JSONPBody {
  /// Fields of every JSONP answer. `attachment` and `nosniff` keep old plug-ins from reading it as their own file type.
  public static let fields: [(String, String)] = [
    ("Content-Type", "application/javascript; charset=utf-8"), ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"), ("Content-Disposition", "attachment; filename=f.txt"),
  ]

  /// `/**/cb(…);` around JSON text. The comment in front keeps the name from being the first bytes of the answer.
  public static func wrap(_ json: [UInt8], in callback: JSONPCallback) -> [UInt8] {
    Array("/**/".utf8) + callback.name + [0x28] + JSONString.scriptSafe(json) + Array(");".utf8)
  }
}
