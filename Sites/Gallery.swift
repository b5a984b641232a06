import Halley

/// Every technique side by side on one channel, and the way to the other sites.
struct Gallery: Site {
  /// What all cards listen to; short, so that a visitor can fall behind it and see the reset.
  let feed = Channel("gallery.feed", history: .last(200))
  /// Calls of page functions, by event name.
  let calls = Channel("gallery.calls", history: .last(20))

  /// This server's two names on a developer's machine: each is an origin of its own, and each may read the other.
  let neighbours = CORS.origins("http://localhost:8080", "http://127.0.0.1:8080")

  var mount: String { "/" }

  var routes: Routes {
    Files("gallery")
    Route("/gallery/feed", feed)
      .websocket(inbound: .publish(as: .json))
      .sse()
      .longPoll()
      .stream()
      .iframe()
      .jsonp()
      .publish(as: .json)
      .cors(neighbours)
      .heartbeat(.seconds(5))  // a visitor should not have to wait for a sign of life
    // Cookies and JSONP never share a route, so the one for credentials stands beside it.
    Route("/gallery/feed/credentials", feed).sse().longPoll().cors(neighbours.credentials())
    // Sandboxed and local pages have the origin `null`, all the same one: what is listed for it is open to anybody.
    Get("/gallery/nobody") { _ in .text("for pages without an origin") }.cors(.origins("null"))
    // A channel for each demonstration, so that none disturbs the shared one.
    Route("/gallery/lab/:name", history: .last(20), channel: { "gallery.lab.\($0["name"])" })
      .websocket(inbound: .publish(as: .json))
      .sse()
      .longPoll()
      .stream()
      .iframe()
      .jsonp()
      .publish(as: .json)
    Route("/gallery/calls", calls).websocket().sse().longPoll().stream().jsonp()
    Post("/gallery/calls/:function") { request in
      guard Self.functions.contains(request["function"]) else { return .text("no such function", status: .notFound) }
      // Read from before the publish on, so that the call itself is among what is read.
      let pending = request.query["since"].map { calls.messages(from: .cursor($0)) }
      let id = try await calls.publish(String(decoding: request.body, as: UTF8.self), event: request["function"])
      guard let pending else { return .text(id.description) }
      do {
        return try .json(await Self.calls(pending, upTo: id))
      } catch is SubscriptionError {
        return .text("some calls are lost: load the page again", status: .gone)
      }
    }
    Get("/gallery/refresh") { _ in Self.refreshing(from: await feed.cursor) }
    Get("/gallery/weight") { request in .text(String(Self.weight(of: request))) }
  }

  /// The functions of the page that the server may call.
  static let functions: Set<String> = ["setTitle", "addLine", "flash"]

  /// A function of the page that is to be called.
  struct Call: Codable, Sendable {
    var function: String
    var words: String
  }

  /// Calls that ride on the answer of the page's own request: all that it has not had, up to the one it asked for.
  private static func calls(_ pending: ChannelMessages, upTo id: MessageID) async throws -> [Call] {
    var calls: [Call] = []
    for try await message in pending {
      calls.append(Call(function: message.event ?? "", words: String(decoding: message.payload, as: UTF8.self)))
      if message.id == id { break }
    }
    return calls
  }

  /// A page that reloads itself; the address of the next load carries the position up to which this one was sure.
  private static func refreshing(from cursor: String) -> Response {
    var page = Response.html(
      """
      <!doctype html><html lang="en"><meta charset="utf-8"><title>refresh</title>
      <script src="/pages/refresh.js"></script>
      """)
    page.headerFields[.cacheControl] = "no-store"
    if let refresh = HTTPField.Name("Refresh") {
      page.headerFields[refresh] = "3; url=/gallery/refresh?cursor=\(cursor)"
    }
    return page
  }

  /// Bytes of the request's fields as they came over the wire, without the request line: what scripts cannot see.
  private static func weight(of request: Request) -> Int {
    request.headerFields.reduce(2) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count + 4 }
  }
}
