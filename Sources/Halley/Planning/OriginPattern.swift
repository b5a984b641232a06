/// The form of an origin in a list: scheme, host and at most a port; nothing that could never match.
enum OriginPattern {
  /// What is wrong with an origin, as a sentence; nil when it is sound.
  static func mistake(in origin: String) -> String? {
    if origin == "null" { return nil }
    if origin == "*" { return "'*' is no origin; write .cors(.any) in the code" }
    let parts = origin.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "http:" || parts[0] == "https:", parts[1].isEmpty, !parts[2].isEmpty else {
      return "'\(origin)' is no origin; write scheme and host, as in https://example.com"
    }
    guard !parts[2].contains("/") else {
      return "'\(origin)' has a path, which no origin has; write \(parts[0])//\(parts[2].prefix { $0 != "/" })"
    }
    let host = parts[2].hasPrefix("*.") ? parts[2].dropFirst(2) : parts[2]
    guard host.utf8.allSatisfy(isHostByte) else {
      return
        "'\(origin)' can never match; write it in lower case, with * only for all sub-domains (https://*.example.com)"
    }
    return nil
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._:[]".utf8.contains(byte)
    }
  }
}
