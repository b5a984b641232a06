extension Route {
  /// Offers the channel as an event stream (`EventSource`), detached from evhttp: a few hundred bytes per subscriber.
  ///
  /// - Parameters:
  ///   - retry: bounds of the reconnection time told to browsers, random in between because they add no jitter; key
  ///     `sse.retry`, 2–5 s by default.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func sse(retry: ClosedRange<Duration>? = nil, file: String = #filePath, line: Int = #line) -> Route {
    modified(".sse", file, line) { declaration, location in
      declaration.transports.insert(.eventStream)
      declaration.set(
        "sse.retry",
        retry.map { .spread($0.lowerBound.wholeMilliseconds, $0.upperBound.wholeMilliseconds) }, at: location)
    }
  }

  /// Offers the channel by long-polling: a request is held until there is a message, or answered empty after `hold`.
  ///
  /// - Parameters:
  ///   - hold: the longest hold; key `poll.hold`, 20 s by default, 5–55 s. Below the cut of every proxy in between.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func longPoll(hold: Duration? = nil, file: String = #filePath, line: Int = #line) -> Route {
    modified(".longPoll", file, line) { declaration, location in
      declaration.transports.insert(.longPoll)
      declaration.set("poll.hold", hold.map { .number($0.wholeMilliseconds) }, at: location)
    }
  }

  /// Offers the channel as a stream of JSON lines, for `fetch` and XHR (`?transport=stream`).
  ///
  /// `?prelude=2048`, at most 4096, sends so many spaces and a line feed first, for what buffers the first bytes:
  /// XDomainRequest, old XHR, some proxies.
  ///
  /// - Parameters:
  ///   - maxBytes: body after which an answer ends with a `move` and the client comes back with its cursor, because an
  ///     XHR keeps all it has read; key `stream.maxBytes`, 128 KiB by default, at least 4 KiB. Also for `.iframe()`.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func stream(maxBytes: ByteCount? = nil, file: String = #filePath, line: Int = #line) -> Route {
    modified(".stream", file, line) { declaration, location in
      declaration.transports.insert(.stream)
      declaration.set("stream.maxBytes", maxBytes.map { .number($0.bytes) }, at: location)
    }
  }

  /// Offers the channel as an HTML document that never ends, one script a message: forever-iframe, and the ActiveX
  /// `htmlfile` that reads the same bytes (`?transport=iframe`).
  ///
  /// `&callback=parent.process` names the function that each script calls; only pages of the same origin may frame the
  /// document. `&origin=https://page.example` posts each message to the page around it instead, if `.cors` lists that
  /// origin. An answer ends after `stream.maxBytes`, as one of `.stream()` does. Subscribers that name the same callback
  /// share their bytes; one that makes up its own costs a copy of each message.
  ///
  /// - Parameters:
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func iframe(file: String = #filePath, line: Int = #line) -> Route {
    modified(".iframe", file, line) { declaration, _ in declaration.transports.insert(.iframe) }
  }

  /// Offers long-polls to `<script>` elements of any origin, wrapped in the callback that the query names.
  ///
  /// Off by default: JSONP answers every site on the web, so never offer it on what a cookie unlocks.
  ///
  /// - Parameters:
  ///   - callback: the query parameter that names the callback.
  ///   - hold: the longest hold; key `jsonp.hold`, 25 s by default, at most 30 s.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func jsonp(
    callback: String = "callback", hold: Duration? = nil, file: String = #filePath, line: Int = #line
  ) -> Route {
    modified(".jsonp", file, line) { declaration, location in
      declaration.transports.insert(.jsonp)
      declaration.jsonpParameter = callback
      declaration.set("jsonp.hold", hold.map { .number($0.wholeMilliseconds) }, at: location)
    }
  }

  /// Takes `POST` and publishes the body: JSON, binary or text by its content type.
  ///
  /// - Parameters:
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func publish(file: String = #filePath, line: Int = #line) -> Route {
    modified(".publish", file, line) { declaration, _ in declaration.post = .publish }
  }

  /// Takes `POST` and publishes the body if it is what `kind` asks for; else answers 400.
  ///
  /// - Parameters:
  ///   - kind: what the body must be, whatever its content type says.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func publish(as kind: PayloadKind, file: String = #filePath, line: Int = #line) -> Route {
    modified(".publish", file, line) { declaration, _ in declaration.post = kind.mode }
  }

  /// How often silent connections show signs of life, and how soon dead ones are noticed.
  ///
  /// - Parameters:
  ///   - interval: without output so long, a stream sends a heartbeat; key `heartbeat`, 15 s by default, 5–55 s.
  ///   - ping: without input so long, a WebSocket is pinged; key `websocket.ping`, 20 s by default, 5–120 s.
  ///   - pongTimeout: no input so long after a ping means the peer is gone; key `websocket.pongTimeout`, 10 s by
  ///     default, 2–60 s.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func heartbeat(
    _ interval: Duration? = nil, ping: Duration? = nil, pongTimeout: Duration? = nil, file: String = #filePath,
    line: Int = #line
  ) -> Route {
    modified(".heartbeat", file, line) { declaration, location in
      declaration.set("heartbeat", interval.map { .number($0.wholeMilliseconds) }, at: location)
      declaration.set("websocket.ping", ping.map { .number($0.wholeMilliseconds) }, at: location)
      declaration.set("websocket.pongTimeout", pongTimeout.map { .number($0.wholeMilliseconds) }, at: location)
    }
  }

  /// What happens to subscribers that read more slowly than the channel speaks.
  ///
  /// - Parameters:
  ///   - policy: what to do; ``Backpressure/skipAndResume`` where nothing is said.
  ///   - soft: queued bytes of one connection at which the policy begins, or 256 messages (key `queue.messages`); key
  ///     `queue.soft`, 256 KiB. Payloads that connections share count in full for each of them.
  ///   - hard: queued bytes past which the connection is closed; key `queue.hard`, 1 MiB.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func backpressure(
    _ policy: Backpressure, soft: ByteCount? = nil, hard: ByteCount? = nil, file: String = #filePath,
    line: Int = #line
  ) -> Route {
    modified(".backpressure", file, line) { declaration, location in
      declaration.backpressure = policy
      declaration.set("queue.soft", soft.map { .number($0.bytes) }, at: location)
      declaration.set("queue.hard", hard.map { .number($0.bytes) }, at: location)
    }
  }
}
