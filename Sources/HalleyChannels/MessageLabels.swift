/// What may name a message beside its payload. Kept behind one reference that most messages leave empty, so that a
/// draft costs two counts wherever it is copied, and a retained message eight bytes.
final class MessageLabels: Sendable {
  /// Name of the event on transports that have one; at most 128 bytes without CR, LF, NUL, and not empty.
  let event: String?
  /// Key for conflation, under the same rules.
  let key: String?
  /// What the two count towards limits by bytes.
  let size: Int

  /// Nothing when there is neither.
  init?(event: String?, key: String?) {
    if event == nil, key == nil { return nil }
    self.event = event
    self.key = key
    size = (event?.utf8.count ?? 0) + (key?.utf8.count ?? 0)
  }
}

/// What lets a publish be repeated without a second message. It goes with the draft and not with the message, whose
/// retention it would make dearer.
final class IdempotencyClaim: Sendable {
  /// 1–128 printable ASCII bytes.
  let key: String
  /// Who publishes: keys of different publishers never meet.
  let publisher: String

  init(key: String, publisher: String) {
    self.key = key
    self.publisher = publisher
  }
}
