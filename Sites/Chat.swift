import Halley

/// Rooms with history, over whatever transport the page can get.
struct Chat: Site {
  var routes: Routes {
    Files("chat")
    Route("/rooms/:room", of: ChatEvent.self, history: .last(100), channel: { "chat.\($0["room"])" })
      .websocket(inbound: .publish)
      .sse()
      .longPoll()
      .stream()
      .jsonp()
      .publish()
  }
}

/// What happens in a room; what a page sends is refused unless it is one of these.
struct ChatEvent: Codable, Sendable {
  enum Kind: String, Codable, CaseIterable, Sendable { case joined, here, said, left }

  var kind: Kind
  /// Tells people of one name apart.
  var id: String
  var name: String
  var at: Date
  var text: String?
}
