/// The routes of a site, as its builder gathered them.
public struct Routes: Sendable {
  var declarations: [Declaration]

  init(_ declarations: [Declaration]) { self.declarations = declarations }
}

/// Gathers the declarations in the body of a site's `routes`; `if`, `switch` and `for` work as usual.
@resultBuilder
public enum RoutesBuilder {
  /// One declaration: `Get`, `Files`, `Route` and their kin, with their modifiers.
  public static func buildExpression(_ route: some RouteDeclaration) -> [Declaration] { [route.declaration] }
  /// Routes gathered elsewhere, for example by a function of the site.
  public static func buildExpression(_ routes: Routes) -> [Declaration] { routes.declarations }
  /// Statements one after another.
  public static func buildBlock(_ parts: [Declaration]...) -> [Declaration] { parts.flatMap { $0 } }
  /// An `if` without `else`.
  public static func buildOptional(_ part: [Declaration]?) -> [Declaration] { part ?? [] }
  /// The first branch of `if` or `switch`.
  public static func buildEither(first part: [Declaration]) -> [Declaration] { part }
  /// The other branches of `if` or `switch`.
  public static func buildEither(second part: [Declaration]) -> [Declaration] { part }
  /// A `for` loop.
  public static func buildArray(_ parts: [[Declaration]]) -> [Declaration] { parts.flatMap { $0 } }
  /// The finished set.
  public static func buildFinalResult(_ declarations: [Declaration]) -> Routes { Routes(declarations) }
}
