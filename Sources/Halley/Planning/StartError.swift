/// Why a program does not start: every mistake found, one line each.
public struct StartError: Error, Sendable, Hashable, CustomStringConvertible {
  var mistakes: [Mistake]

  init(_ mistakes: [Mistake]) { self.mistakes = mistakes }

  /// One line for each mistake, in the order of the declarations.
  public var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

/// One mistake: where it is and one sentence that says what to do.
struct Mistake: Sendable, Hashable, CustomStringConvertible {
  /// A route, as messages name it.
  struct Place: Sendable {
    var location: SourceLocation
    var path: String

    func mistake(_ sentence: String) -> Mistake { Mistake(location, route: path, sentence) }
  }

  var description: String

  /// A mistake outside any route: in a flag, a file or a site as a whole.
  init(_ place: String, _ sentence: String) { description = "\(place): \(sentence)" }

  /// A mistake of one route.
  init(_ location: SourceLocation, route: String, _ sentence: String) {
    description = "\(location): route \(route): \(sentence)"
  }
}
