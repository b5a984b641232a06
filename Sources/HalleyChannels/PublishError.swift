/// Why a message was not published, or may not have been.
public enum PublishError: Error, Sendable, Hashable {
  /// The payload is larger than `publish.maxBytes`, given in bytes. Nothing was stored. Over HTTP: 413.
  case tooLarge(limit: Int)
  /// Payload, event, key or idempotency key break a rule; the text says which. Nothing was stored. Over HTTP: 400.
  case invalid(String)
  /// The broker is down. Nothing was stored. Over HTTP: 503.
  case refused
  /// The message may be stored: repeat with the same idempotency key. Over HTTP: 504.
  case unknown
}

/// What the broker says when a message is in the log.
public struct PublishReceipt: Sendable, Hashable {
  /// The message's id; of the first one when this is a repetition.
  public let id: MessageID
  /// The idempotency key was seen before on this channel; nothing was appended.
  public let duplicate: Bool

  package init(id: MessageID, duplicate: Bool = false) {
    self.id = id
    self.duplicate = duplicate
  }
}
