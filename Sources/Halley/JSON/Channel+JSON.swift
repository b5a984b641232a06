public import FoundationEssentials
public import HalleyChannels

extension Channel {
  /// Publishes a value as JSON.
  ///
  /// ```swift
  /// try await positions.publish(json: Position(user: "u7", lat: 48.1, lon: 11.5), key: "u7")
  /// ```
  ///
  /// - Parameters:
  ///   - value: encoded once, at most `publish.maxBytes` (64 KiB).
  ///   - event: name of the event, at most 128 bytes without CR, LF and NUL, not starting with `halley.` or
  ///     `presence.`.
  ///   - key: key for conflation, under the same rules.
  ///   - idempotencyKey: 1–128 printable ASCII bytes; repeating it within 5 minutes appends nothing.
  ///   - encoder: how dates, data and keys are written.
  /// - Returns: the message's id, once the broker has appended it.
  /// - Throws: `PublishError`; `.invalid` when the value cannot be encoded.
  @discardableResult
  public func publish(
    json value: some Encodable, event: String? = nil, key: String? = nil, idempotencyKey: String? = nil,
    encoder: JSONEncoder = JSONEncoder()
  ) async throws(PublishError) -> MessageID {
    let bytes: [UInt8]
    do {
      bytes = Array(try encoder.encode(value))
    } catch {
      throw .invalid("the value of type \(type(of: value)) cannot be encoded as JSON: \(error)")
    }
    return try await publish(jsonBytes: bytes, event: event, key: key, idempotencyKey: idempotencyKey)
  }
}
