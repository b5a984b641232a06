/// The path of a route, split once: literal segments and parameters, `/rooms/:room`.
package struct PathPattern: Sendable, Hashable {
  /// One segment of a pattern.
  package enum Segment: Sendable, Hashable {
    case literal(String)
    case parameter(String)
  }

  package let segments: [Segment]
  /// A pattern that ends with a slash matches only paths that do.
  package let trailingSlash: Bool

  /// Reads a pattern that starts with a slash.
  ///
  /// - Returns: nil when it does not start with a slash, has an empty segment, an unnamed or a repeated parameter.
  package init?(_ text: String) {
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    var segments: [Segment] = []
    var names: Set<String> = []
    var parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    trailingSlash = parts.last?.isEmpty ?? true
    if trailingSlash { _ = parts.popLast() }
    for part in parts {
      if part.isEmpty || part == "." || part == ".." { return nil }
      if part.utf8.first == UInt8(ascii: ":") {
        let name = String(part.dropFirst())
        guard !name.isEmpty, names.insert(name).inserted else { return nil }
        segments.append(.parameter(name))
      } else {
        segments.append(.literal(String(part)))
      }
    }
    self.segments = segments
  }
}
