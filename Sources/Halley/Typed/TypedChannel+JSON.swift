public import HalleyChannels

// Reads like the initializer it stands for, which a generic result rules out.
// swift-format-ignore: AlwaysUseLowerCamelCase
/// Declares a channel whose messages are values of one type, as JSON.
///
/// ```swift
/// let chat = Channel("chat", of: ChatEvent.self, history: .last(100))
///
/// try await chat.publish(ChatEvent(name: "Ada", text: "Hello"))
/// for try await event in chat.messages(from: .latest) { … }
/// ```
///
/// It stands wherever a ``Channel`` does. What clients publish is refused unless it decodes as the type, and
/// `halley types` prints the type for the page.
///
/// - Parameters:
///   - name: as for any channel.
///   - type: what is published; decoding must have no effects, because what clients send is decoded to check it.
///   - history: what is retained for clients that come back.
///   - dates: how dates are written.
/// - Returns: the channel.
public func Channel<Event: Codable & Sendable>(
  _ name: String, of type: Event.Type, history: History = .default, dates: DateForm = .milliseconds
) -> TypedChannel<Event> {
  TypedChannel(name, history: history, codec: EventCodec(dates: dates))
}
