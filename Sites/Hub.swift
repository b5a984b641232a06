import Halley

/// Publish and subscribe for anybody: GET subscribes over any transport, POST publishes the body.
struct Hub: Site {
  var routes: Routes {
    Files("hub")
    Route("/:channel", channel: { "hub.\($0["channel"])" })
      .websocket(inbound: .publish)
      .sse()
      .longPoll()
      .stream()
      .iframe()
      .jsonp()
      .publish()
  }
}
