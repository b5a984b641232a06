/// What a typed channel demands of every message: JSON that decodes as one type.
///
/// It is asked once for each message, before the log sees it, whoever publishes and over whatever transport. A class,
/// since every publish looks whether there is one.
package final class ChannelContract: Sendable {
  /// The type of the channel's events.
  package let type: any (Codable & Sendable).Type
  /// How dates are written.
  package let dates: DateForm
  private let accepts: @Sendable ([UInt8]) -> Bool

  /// - Parameter accepts: whether JSON text decodes as the type; any thread.
  package init(
    type: any (Codable & Sendable).Type, dates: DateForm, accepts: @escaping @Sendable ([UInt8]) -> Bool
  ) {
    self.type = type
    self.dates = dates
    self.accepts = accepts
  }

  /// Lets a draft pass, or refuses it. Text is taken for JSON, since a raw WebSocket or a bare POST cannot say what it
  /// sends.
  func admit(_ draft: MessageDraft) throws(PublishError) -> MessageDraft {
    let json: MessageDraft
    switch draft.kind {
    case .json: json = draft
    case .text:
      json = try MessageDraft(
        json: draft.payload, event: draft.event, key: draft.key, idempotencyKey: draft.idempotencyKey,
        publisher: draft.publisher)
    case .binary: throw .invalid("the channel carries \(type) as JSON, not bytes")
    }
    guard accepts(json.payload) else { throw .invalid("the payload does not decode as \(type)") }
    return json
  }
}

/// How a typed channel writes dates; it decides their TypeScript type too.
public enum DateForm: Sendable, Hashable {
  /// A number, milliseconds since 1970: what JavaScript's `Date.now()` gives and `new Date(…)` takes.
  case milliseconds
  /// A number, seconds since 1970.
  case seconds
  /// A string such as `2026-11-21T05:45:00Z`; fractions of a second are lost.
  case iso8601
}
