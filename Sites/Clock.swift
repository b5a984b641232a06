import Halley

/// Polling against pushing: ask for the time, or be told each second.
struct Clock: Site {
  let ticks = Channel("clock.ticks", history: .last(60))

  var routes: Routes {
    Files("clock")
    Get("/time") { _ in .text(Self.now) }
      .cors(.origins("https://example.com"))
      .jsonp(callback: "cb")
    Route("/ticks", ticks)
      .websocket()
      .sse()
      .longPoll()
      .stream()
      .jsonp()
      .cors(.origins("https://example.com"))
  }

  func run() async throws {
    while !Task.isCancelled {
      try await Task.sleep(for: .seconds(1))
      try await ticks.publish(Self.now)
    }
  }

  static var now: String { Date.now.formatted(.iso8601) }
}
