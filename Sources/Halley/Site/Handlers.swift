public import HalleyServer

/// A normal route with a handler; ``Get``, ``Post``, ``Put``, ``Patch`` and ``Delete`` are its kinds.
public protocol HandlerDeclaration: RouteDeclaration {}

extension HandlerDeclaration {
  /// Runs the handler on the global pool instead of its connection's loop: for handlers that may block or compute long.
  ///
  /// Default: on the loop, without a thread hop; there a handler that blocks holds up every connection of that loop.
  ///
  /// - Parameters:
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func offLoop(file: String = #filePath, line: Int = #line) -> Self {
    modified(".offLoop", file, line) { declaration, _ in declaration.offLoop = true }
  }
}

/// Answers `GET` and, without the body, `HEAD`.
///
/// ```swift
/// Get("/time") { _ in .text(Date.now.formatted(.iso8601)) }
/// ```
public struct Get: HandlerDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the route.
  ///
  /// - Parameters:
  ///   - path: below the site's mount, with parameters as `/users/:user`.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  ///   - handler: answers a request. What it throws is logged and answered with 500. Its task is cancelled when the
  ///     client leaves, or ends its side of the connection, before the answer.
  public init(
    _ path: String, file: String = #filePath, line: Int = #line,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    declaration = Declaration(.handler(.get, handler), path: path, at: SourceLocation(file, line))
  }

  /// Offers the answer to `<script>` elements of any origin as well, wrapped in the callback that the query names.
  ///
  /// Off by default: JSONP answers every site on the web, so never offer it on what a cookie unlocks.
  ///
  /// - Parameters:
  ///   - callback: the query parameter that names the callback.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func jsonp(callback: String = "callback", file: String = #filePath, line: Int = #line) -> Self {
    modified(".jsonp", file, line) { declaration, _ in declaration.jsonpParameter = callback }
  }
}

/// Answers `POST`; parameters as ``Get``.
public struct Post: HandlerDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the route; the body is at most `http.body` bytes (64 KiB by default).
  public init(
    _ path: String, file: String = #filePath, line: Int = #line,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    declaration = Declaration(.handler(.post, handler), path: path, at: SourceLocation(file, line))
  }
}

/// Answers `PUT`; parameters as ``Get``.
public struct Put: HandlerDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the route; the body is at most `http.body` bytes (64 KiB by default).
  public init(
    _ path: String, file: String = #filePath, line: Int = #line,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    declaration = Declaration(.handler(.put, handler), path: path, at: SourceLocation(file, line))
  }
}

/// Answers `PATCH`; parameters as ``Get``.
public struct Patch: HandlerDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the route; the body is at most `http.body` bytes (64 KiB by default).
  public init(
    _ path: String, file: String = #filePath, line: Int = #line,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    declaration = Declaration(.handler(.patch, handler), path: path, at: SourceLocation(file, line))
  }
}

/// Answers `DELETE`; parameters as ``Get``.
public struct Delete: HandlerDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the route.
  public init(
    _ path: String, file: String = #filePath, line: Int = #line,
    handler: @escaping @Sendable (Request) async throws -> Response
  ) {
    declaration = Declaration(.handler(.delete, handler), path: path, at: SourceLocation(file, line))
  }
}
