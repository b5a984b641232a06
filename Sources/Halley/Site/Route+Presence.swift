public import HalleyServer

extension Route {
  /// Counts who is present in the route's channel, and tells it there.
  ///
  /// ```swift
  /// Route("/rooms/:room", channel: { "chat.\($0["room"])" }).websocket().longPoll().presence(by: { session($0)?.user })
  /// ```
  ///
  /// A user is a member while one of its WebSockets, event streams or streams is open or a poll is held; several tabs
  /// are one member with several connections. Between two polls, and over a reload of the page, it stays: `grace` and
  /// `linger` say how long. Coming and going is told to all subscribers by the events `presence.join` and
  /// `presence.leave` with the data `{"user":"u7","members":12}`, on a raw WebSocket by the data alone. They take part
  /// in resuming, but history neither counts them nor gives up messages for them. Nobody else can publish events whose
  /// name starts with `presence.`.
  ///
  /// The list is read by `GET …?presence`, under the rules of the route:
  /// `{"members":[{"user":"u7","connections":2}],"count":1,"cursor":"kQ3fZx9a-42"}`; events after that cursor change it.
  /// In Swift it is `channel.presence.members`. Members are those of this process.
  ///
  /// - Important: The default takes the user from the query, `?user=` or else `?name=`. That is no authentication:
  ///   anybody can claim any name, and one client can claim many until the channel is full. Where it matters who
  ///   somebody is, pass an identity that checks the request's session.
  ///
  /// - Parameters:
  ///   - identify: the user behind a request, at most 128 bytes of UTF-8; a longer one is answered with 400. Nil or
  ///     empty: subscribes without being counted. Runs on the loop for each request; must not block.
  ///   - grace: how long a polling member stays after its last answer; key `presence.grace`, by default the longest hold
  ///     and 10 s more.
  ///   - linger: how long a member stays after its last connection has ended; key `presence.linger`, 5 s by default.
  ///   - limit: most members of a channel, 1–100,000; key `presence.members`, 1,000 by default. One more is answered
  ///     with 503 `presence_full`, a stream with a `move`, and a time to come back. Costs about half a kilobyte a member.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func presence(
    by identify: @escaping @Sendable (Request) -> String? = { $0.query["user"] ?? $0.query["name"] },
    grace: Duration? = nil, linger: Duration? = nil, limit: Int? = nil, file: String = #filePath, line: Int = #line
  ) -> Route {
    modified(".presence", file, line) { declaration, location in
      declaration.presence = PresenceOptions(identify: identify)
      declaration.set("presence.grace", grace.map { .number($0.wholeMilliseconds) }, at: location)
      declaration.set("presence.linger", linger.map { .number($0.wholeMilliseconds) }, at: location)
      declaration.set("presence.members", limit.map { .number($0) }, at: location)
    }
  }
}
