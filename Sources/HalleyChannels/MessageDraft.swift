import HalleyProtocols

/// A message that is checked and ready for the log, which gives it its id.
///
/// Everything that can be wrong with a message is found here, once, before any broker sees it.
package struct MessageDraft: Sendable {
  package let kind: MessageKind
  /// Minified JSON, valid UTF-8, or any bytes.
  package let payload: [UInt8]
  let labels: MessageLabels?
  let claim: IdempotencyClaim?
  /// The channel's own word on a member's coming or going; nobody else can publish one.
  package let isPresence: Bool

  /// Name of the event on transports that have one; at most 128 bytes without CR, LF, NUL.
  package var event: String? { labels?.event }
  /// Key for conflation, under the same rules.
  package var key: String? { labels?.key }
  /// 1–128 printable ASCII bytes; a repetition within the window returns the first id.
  package var idempotencyKey: String? { claim?.key }
  /// Who publishes, where that matters: idempotency keys of different publishers never meet.
  package var publisher: String { claim?.publisher ?? "" }

  /// Checks payload and attributes.
  ///
  /// - Parameters:
  ///   - json: raw JSON text; validated and minified, numbers kept digit for digit.
  /// - Throws: `PublishError.invalid` with a text fit for the publisher.
  package init(
    json: [UInt8], event: String? = nil, key: String? = nil, idempotencyKey: String? = nil, publisher: String = ""
  ) throws(PublishError) {
    guard let minified = JSONText.minify(json) else { throw .invalid("the payload is not valid JSON") }
    try self.init(
      kind: .json, payload: minified, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
  }

  /// Text that is known to be valid UTF-8.
  package init(
    text: String, event: String? = nil, key: String? = nil, idempotencyKey: String? = nil, publisher: String = ""
  ) throws(PublishError) {
    try self.init(
      kind: .text, payload: Array(text.utf8), event: event, key: key, idempotencyKey: idempotencyKey,
      publisher: publisher)
  }

  /// A payload that needs no check any more, without labels.
  init(plain payload: [UInt8], kind: MessageKind) {
    self.kind = kind
    self.payload = payload
    labels = nil
    claim = nil
    isPresence = false
  }

  /// Text from a peer: refused unless it is valid UTF-8.
  package init(
    textBytes: [UInt8], event: String? = nil, key: String? = nil, idempotencyKey: String? = nil,
    publisher: String = ""
  ) throws(PublishError) {
    guard (try? UTF8Span(validating: textBytes.span)) != nil else { throw .invalid("the payload is not valid UTF-8") }
    try self.init(
      kind: .text, payload: textBytes, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
  }

  /// Any bytes.
  package init(
    binary: [UInt8], event: String? = nil, key: String? = nil, idempotencyKey: String? = nil, publisher: String = ""
  ) throws(PublishError) {
    try self.init(
      kind: .binary, payload: binary, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
  }

  private init(
    kind: MessageKind, payload: [UInt8], event: String?, key: String?, idempotencyKey: String?, publisher: String
  ) throws(PublishError) {
    if let event {
      guard Self.isAttribute(event) else { throw .invalid("the event name is over 128 bytes or has CR, LF or NUL") }
      for prefix in ["halley.", "presence."] where event.utf8.starts(with: prefix.utf8) {
        throw .invalid("event names \(prefix)* are reserved")
      }
    }
    if let key, !Self.isAttribute(key) { throw .invalid("the key is over 128 bytes or has CR, LF or NUL") }
    if let idempotencyKey, !Self.isIdempotencyKey(idempotencyKey) {
      throw .invalid("the idempotency key is not 1 to 128 printable ASCII bytes")
    }
    self.kind = kind
    self.payload = payload
    // An empty event name means no event in an event stream; one meaning on all transports.
    labels = MessageLabels(event: event?.isEmpty == true ? nil : event, key: key)
    claim = idempotencyKey.map { IdempotencyClaim(key: $0, publisher: publisher) }
    isPresence = false
  }

  /// The channel's own word on its members.
  ///
  /// - Parameter json: minified JSON.
  package init(presence event: String, json: [UInt8]) {
    kind = .json
    payload = json
    labels = MessageLabels(event: event, key: nil)
    claim = nil
    isPresence = true
  }

  private static func isAttribute(_ text: String) -> Bool {
    text.utf8.count <= 128 && !text.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
  }

  private static func isIdempotencyKey(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
  }
}
