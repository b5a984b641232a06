import Halley

/// Rooms with history and members, over whatever transport the page can get.
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
      // A name that anybody may take: enough for a chat among friends, see the documentation of `presence`.
      .presence(by: { $0.query["user"] }, grace: .seconds(10))
  }
}

/// What somebody has said; what a page sends is refused unless it is this.
struct ChatEvent: Codable, Sendable {
  /// Tells pages of people with the same name apart.
  var id: String
  var name: String
  var at: Date
  var text: String
}
