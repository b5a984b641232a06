/// The rules of a route's path, `/rooms/:room`: segments of plain characters, or a parameter.
enum RoutePattern {
  /// What is wrong with a pattern, as the second half of a sentence; nil when it is sound.
  static func mistake(in path: String) -> String? {
    guard path.hasPrefix("/") else { return "the path must start with a slash; write \"/\(path)\"" }
    var parameters: Set<Substring> = []
    let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    for (index, segment) in segments.enumerated() {
      if segment.isEmpty {
        guard index == segments.count - 1 else { return "the path has an empty segment; remove one of the slashes" }
      } else if segment.hasPrefix(":") {
        let name = segment.dropFirst()
        guard isName(name) else {
          return "'\(segment)' names no parameter; write a colon and letters, as in /:room"
        }
        guard parameters.insert(name).inserted else { return "'\(segment)' appears twice; rename one of them" }
      } else if segment == "." || segment == ".." {
        return "'\(segment)' never reaches a route; write the path without it"
      } else if let character = segment.first(where: { !isPlain($0) }) {
        return "'\(character)' cannot stand in a path; use letters, digits and - . _ ~ ! $ & ' ( ) + , ; = @"
      }
    }
    return nil
  }

  /// What is wrong with a site's mount; nil when it is sound.
  static func mistake(inMount mount: String) -> String? {
    guard mount.hasPrefix("/"), mount.hasSuffix("/") else {
      return "'\(mount)' must start and end with a slash, as in \"/tracker/\""
    }
    if mount.hasPrefix("/_halley/") { return "'/_halley/' is taken by the built-in routes; choose another mount" }
    if mount.contains(":") { return "'\(mount)' cannot have parameters; put them into the routes" }
    return mistake(in: mount)
  }

  /// The pattern with its parameters' names left out: two routes with one shape are alike.
  static func shape(of path: String) -> String {
    path.split(separator: "/", omittingEmptySubsequences: false).map { $0.hasPrefix(":") ? ":" : String($0) }
      .joined(separator: "/")
  }

  /// Whether a word can name a parameter of a path or a query.
  static func isName(_ word: some StringProtocol) -> Bool {
    guard let first = word.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else { return false }
    return word.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  /// RFC 3986 §3.3: pchar without percent-encoding, `:` and `*`, which mean something of their own here.
  private static func isPlain(_ character: Character) -> Bool {
    guard let byte = character.asciiValue else { return false }
    return isLetter(byte) || isDigit(byte) || "-._~!$&'()+,;=@".utf8.contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
