import Halley

/// Who is where: pages publish their position as JSON, all pages see all of them move.
struct Tracker: Site {
  let positions = Channel("positions", history: .last(128))

  var routes: Routes {
    Files("tracker")
    Route("/positions", positions, start: .oldest)
      .websocket(inbound: .publish(as: .json))
      .sse()
      .longPoll()
      .stream()
      .iframe()
      .jsonp()
      .publish(as: .json)
      .cors(.origins("https://example.com"))
  }
}
