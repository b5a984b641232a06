import Halley

/// Rooms with history, over whatever transport the page can get.
struct Chat: Site {
  var routes: Routes {
    Files("chat")
    Route("/rooms/:room", history: .last(100), channel: { "chat.\($0["room"])" })
      .websocket(inbound: .publish(as: .json))
      .sse()
      .longPoll()
      .stream()
      .jsonp()
      .publish(as: .json)
  }
}
