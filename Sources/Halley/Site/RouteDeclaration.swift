/// Anything that stands in a site's `routes`.
///
/// Modifiers return a new value, and their order does not matter. The same one twice stops the start.
public protocol RouteDeclaration: Sendable {
  /// What has been declared so far; for modifiers, opaque to sites.
  var declaration: Declaration { get set }
}

extension RouteDeclaration {
  /// Lets pages of other origins use this route; without it only the same origin may, on every transport.
  ///
  /// - Parameters:
  ///   - policy: the origins, for example `.origins("https://example.com")`.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func cors(_ policy: CORS, file: String = #filePath, line: Int = #line) -> Self {
    modified(".cors", file, line) { declaration, _ in declaration.cors = policy }
  }

  func modified(
    _ name: String, _ file: String, _ line: Int, _ change: (inout Declaration, SourceLocation) -> Void
  ) -> Self {
    var copy = self
    let location = SourceLocation(file, line)
    copy.declaration.modify(name, at: location) { change(&$0, location) }
    return copy
  }
}
