extension Channel {
  /// Publishes text.
  ///
  /// - Parameters:
  ///   - text: the payload, at most `publish.maxBytes` (64 KiB) in UTF-8.
  ///   - event: name of the event, at most 128 bytes without CR, LF and NUL, not starting with `halley.` or
  ///     `presence.`.
  ///   - key: key for conflation, under the same rules: a newer message may replace a queued one of the same key.
  ///   - idempotencyKey: 1–128 printable ASCII bytes; repeating it within 5 minutes appends nothing and returns the
  ///     first id, so a publish whose outcome is unknown can be repeated.
  /// - Returns: the message's id, once the broker has appended it.
  /// - Throws: `PublishError`.
  @discardableResult
  public func publish(
    _ text: String, event: String? = nil, key: String? = nil, idempotencyKey: String? = nil
  ) async throws(PublishError) -> MessageID {
    try checkSize(text.utf8.count)
    let draft = try MessageDraft(text: text, event: event, key: key, idempotencyKey: idempotencyKey)
    return try await publish(draft).id
  }

  /// Publishes JSON that is already encoded: validated once, insignificant whitespace removed, numbers kept digit for
  /// digit.
  ///
  /// - Parameters:
  ///   - jsonBytes: one JSON value in UTF-8, at most `publish.maxBytes`.
  ///   - event: as for text.
  ///   - key: as for text.
  ///   - idempotencyKey: as for text.
  /// - Returns: the message's id.
  /// - Throws: `PublishError`; `.invalid` when it is not JSON.
  @discardableResult
  public func publish(
    jsonBytes: [UInt8], event: String? = nil, key: String? = nil, idempotencyKey: String? = nil
  ) async throws(PublishError) -> MessageID {
    try checkSize(jsonBytes.count)
    let draft = try MessageDraft(json: jsonBytes, event: event, key: key, idempotencyKey: idempotencyKey)
    return try await publish(draft).id
  }

  /// Publishes bytes: a binary frame on WebSockets, base64 on transports that carry text.
  ///
  /// - Parameters:
  ///   - bytes: the payload, at most `publish.maxBytes`.
  ///   - event: as for text.
  ///   - key: as for text.
  ///   - idempotencyKey: as for text.
  /// - Returns: the message's id.
  /// - Throws: `PublishError`.
  @discardableResult
  public func publish(
    bytes: [UInt8], event: String? = nil, key: String? = nil, idempotencyKey: String? = nil
  ) async throws(PublishError) -> MessageID {
    try checkSize(bytes.count)
    let draft = try MessageDraft(binary: bytes, event: event, key: key, idempotencyKey: idempotencyKey)
    return try await publish(draft).id
  }
}
