/// Finds the routes of a path: a tree of segments, built once at start and shared by all loops.
///
/// Literal segments win over parameters, deeper ones over shallower ones; static files match as prefixes and come
/// last. Cost: one dictionary look-up a segment.
package struct Router: Sendable {
  /// A route in its place.
  package struct Entry: Sendable {
    /// Index of the site and of its route in the plans.
    package var site: Int
    package var route: Int
    package var pattern: PathPattern
  }

  /// What a path leads to.
  package struct Match: Sendable {
    /// Entries whose whole pattern fits, in the order of declaration.
    package var entries: [Entry] = []
    /// The nearest static files above the path, and how many segments lead to them.
    package var files: (entry: Entry, depth: Int)?
    /// The path plus a slash would match.
    package var wantsSlash = false
    /// What would match has the path's last segment in its pattern: no parameter that would take a file's name.
    package var wantsSlashByName = false
  }

  private struct Node: Sendable {
    var literals: [String: Int] = [:]
    var parameter: Int?
    var entries: [Entry] = []
    var files: Entry?
  }

  private var nodes = [Node()]

  package init() {}

  /// Adds a route at its absolute pattern; static files answer everything below theirs.
  package mutating func insert(_ entry: Entry, files: Bool) {
    let node = node(for: entry.pattern)
    if !files {
      nodes[node].entries.append(entry)
    } else if nodes[node].files == nil {
      nodes[node].files = entry
    }
  }

  private mutating func node(for pattern: PathPattern) -> Int {
    var at = 0
    for segment in pattern.segments {
      switch segment {
      case .literal(let text):
        if let next = nodes[at].literals[text] {
          at = next
        } else {
          nodes.append(Node())
          nodes[at].literals[text] = nodes.count - 1
          at = nodes.count - 1
        }
      case .parameter:
        if let next = nodes[at].parameter {
          at = next
        } else {
          nodes.append(Node())
          nodes[at].parameter = nodes.count - 1
          at = nodes.count - 1
        }
      }
    }
    return at
  }

  /// Looks a decoded path up.
  ///
  /// - Parameters:
  ///   - segments: decoded segments, without empty ones.
  ///   - trailingSlash: the path ended with a slash; `/` alone has no segments and a slash.
  package func match(_ segments: [String], trailingSlash: Bool) -> Match {
    var match = Match()
    walk(0, segments, 0, trailingSlash, isNamed: true, &match)
    return match
  }

  /// Literal first, then the parameter; the first branch that has entries wins. Depth is bounded by the patterns.
  ///
  /// - Parameter isNamed: a literal led here.
  private func walk(
    _ at: Int, _ segments: [String], _ depth: Int, _ slash: Bool, isNamed: Bool, _ match: inout Match
  ) {
    let node = nodes[at]
    if let files = node.files, depth >= (match.files?.depth ?? -1) { match.files = (files, depth) }
    guard depth < segments.count else {
      let fitting = node.entries.filter { $0.pattern.trailingSlash == slash }
      if fitting.isEmpty {
        if !slash, node.entries.contains(where: \.pattern.trailingSlash) || node.files != nil {
          match.wantsSlash = true
          if isNamed { match.wantsSlashByName = true }
        }
      } else {
        match.entries = fitting
      }
      return
    }
    if let next = node.literals[segments[depth]] {
      walk(next, segments, depth + 1, slash, isNamed: true, &match)
      if !match.entries.isEmpty { return }
    }
    if let next = node.parameter { walk(next, segments, depth + 1, slash, isNamed: false, &match) }
  }

  /// The values of a pattern's parameters in a path that it matches.
  package static func parameters(of pattern: PathPattern, in segments: [String]) -> [String: String] {
    var values: [String: String] = [:]
    for (segment, text) in zip(pattern.segments, segments) {
      if case .parameter(let name) = segment { values[name] = text }
    }
    return values
  }
}
