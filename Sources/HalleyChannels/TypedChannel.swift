/// A channel whose messages are values of one type, as JSON. Made by `Channel("chat", of: ChatEvent.self)`.
///
/// It stands wherever a ``Channel`` does. What a client publishes is refused before it is appended unless it decodes as
/// the type: 400 over HTTP, an `error` frame under `halley.v1`, close code 1007 on a raw WebSocket.
public final class TypedChannel<Event: Codable & Sendable>: Channel, @unchecked Sendable {
  private let codec: EventCodec<Event>

  package init(_ name: String, history: History, codec: EventCodec<Event>) {
    self.codec = codec
    super.init(
      name, history: history, log: ChannelLog(limits: ChannelLimits(history)), contract: ChannelContract(codec))
  }

  /// Publishes a value.
  ///
  /// - Parameters:
  ///   - event: encoded once, at most `publish.maxBytes` (64 KiB).
  ///   - name: name of the event on transports that have one, at most 128 bytes without CR, LF and NUL, not starting
  ///     with `halley.` or `presence.`.
  ///   - key: key for conflation, under the same rules.
  ///   - idempotencyKey: 1–128 printable ASCII bytes; repeating it within 5 minutes appends nothing and returns the
  ///     first id.
  /// - Returns: the message's id, once the broker has appended it.
  /// - Throws: `PublishError`; `.invalid` when the value cannot be encoded.
  @discardableResult
  public func publish(
    _ event: Event, event name: String? = nil, key: String? = nil, idempotencyKey: String? = nil
  ) async throws(PublishError) -> MessageID {
    let bytes: [UInt8]
    do {
      bytes = try codec.encode(event)
    } catch {
      throw .invalid("the value of type \(Event.self) cannot be encoded as JSON: \(error)")
    }
    let draft = try MessageDraft(json: bytes, event: name, key: key, idempotencyKey: idempotencyKey)
    return try await publish(draft).id
  }

  /// Publishes everything that a sequence yields, one after the other, until it ends.
  ///
  /// The sequence is asked for its next value when the broker has taken the last one, so nothing piles up in between.
  ///
  /// - Parameter events: ends by itself, by throwing, or with the task.
  /// - Returns: how many were published.
  /// - Throws: what the sequence throws, or `PublishError`.
  @discardableResult
  public func publish<Events: AsyncSequence>(
    contentsOf events: Events
  ) async throws -> Int where Events.Element == Event {
    var count = 0
    for try await event in events {
      try await publish(event)
      count += 1
    }
    return count
  }

  /// The channel's values as an async sequence: those after a position, then everything new. See
  /// ``Channel/messages(from:)`` for its promise; what is told of members by `presence.join` and `presence.leave` is
  /// left out.
  ///
  /// ```swift
  /// for try await event in chat.messages(from: .latest) { … }
  /// ```
  ///
  /// - Parameter start: where to begin, fixed now.
  public func messages(from start: ChannelPosition = .latest) -> ChannelEvents<Event> {
    ChannelEvents(messages: ChannelMessages(self, from: start), codec: codec)
  }
}

/// How values become JSON and come back.
package struct EventCodec<Event: Codable & Sendable>: Sendable {
  package let encode: @Sendable (Event) throws -> [UInt8]
  package let decode: @Sendable ([UInt8]) throws -> Event
  package let dates: DateForm

  package init(
    dates: DateForm, encode: @escaping @Sendable (Event) throws -> [UInt8],
    decode: @escaping @Sendable ([UInt8]) throws -> Event
  ) {
    self.dates = dates
    self.encode = encode
    self.decode = decode
  }
}

extension ChannelContract {
  package convenience init<Event>(_ codec: EventCodec<Event>) {
    self.init(type: Event.self, dates: codec.dates) { (try? codec.decode($0)) != nil }
  }
}
