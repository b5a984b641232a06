/// What becomes of a request on a route with a ``CORSPolicy``.
public struct CORSDecision: Sendable, Hashable {
  /// The three ways on.
  public enum Outcome: Sendable, Hashable {
    /// Serve the request.
    case proceed
    /// Answer 204 with the fields and no body; ask for no right, run no handler.
    case preflight
    /// Answer 403 with the fields.
    case refused
  }

  /// What to do.
  public let outcome: Outcome
  /// Fields for the answer, **whatever it turns out to be**: 200, 304, 404, 500. Without `Vary` on all of them a shared
  /// cache would hand one origin's answer to another.
  public let fields: [HTTPFieldLine]

  init(_ outcome: Outcome, _ fields: [HTTPFieldLine]) {
    self.outcome = outcome
    self.fields = fields
  }
}

/// One field of an answer.
public struct HTTPFieldLine: Sendable, Hashable, CustomStringConvertible {
  /// The name; a token.
  public let name: String
  /// The value; no CR, LF or NUL.
  public let value: String

  /// A field line; not checked.
  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// The line without its end.
  public var description: String { "\(name): \(value)" }
}
