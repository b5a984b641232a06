public import HalleyChannels
public import HalleyServer

extension Route {
  /// A route whose channel depends on the request and carries values of one type, as JSON.
  ///
  /// ```swift
  /// Route("/rooms/:room", of: ChatEvent.self, channel: { "chat.\($0["room"])" }).websocket(inbound: .publish).publish()
  /// ```
  ///
  /// What clients publish is refused unless it decodes as the type: 400 over HTTP, an `error` frame under `halley.v1`,
  /// close code 1007 on a raw WebSocket.
  ///
  /// - Parameters:
  ///   - path: below the site's mount, with parameters as `/rooms/:room`.
  ///   - type: what each of these channels carries; decoding must have no effects.
  ///   - dates: how dates are written.
  ///   - history: what each of these channels retains.
  ///   - start: where a subscriber without a cursor starts.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  ///   - channel: the channel's name, or nil to answer 404; as for a route without a type.
  public init<Event: Codable & Sendable>(
    _ path: String, of type: Event.Type, dates: DateForm = .milliseconds, history: History = .default,
    start: Start = .latest, file: String = #filePath, line: Int = #line,
    channel: @escaping @Sendable (Request) -> String?
  ) {
    self.init(path, history: history, start: start, file: file, line: line, channel: channel)
    declaration.contract = ChannelContract(EventCodec<Event>(dates: dates))
  }
}
