public import HalleyServer

extension Route {
  /// Offers the route's channel over WebSocket: payloads only, or frames with cursor under the subprotocol `halley.v1`.
  ///
  /// Clients with frames are closed with 4200 after 0.8 to 1.0 of `rotate` and come back with their cursor. Those
  /// without stay: they could not tell where they were, and would miss what is published meanwhile.
  ///
  /// - Parameters:
  ///   - inbound: what becomes of data that subscribers send.
  ///   - maxMessage: largest message taken from a client, after reassembly and inflation; key `websocket.maxMessage`,
  ///     64 KiB by default. A larger one closes with 1009, decided from the frame's header.
  ///   - maxFragments: most frames in one message; key `websocket.maxFragments`, 64 by default.
  ///   - deflate: compress if the client offers it; key `websocket.deflate`, off by default because it costs about
  ///     300 KiB a connection and lets secrets leak through lengths.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func websocket(
    inbound: Inbound = .discard, maxMessage: ByteCount? = nil, maxFragments: Int? = nil, deflate: Bool? = nil,
    file: String = #filePath, line: Int = #line
  ) -> Route {
    modified(".websocket", file, line) { declaration, location in
      declaration.transports.insert(.webSocket)
      declaration.inbound = inbound.mode
      declaration.setWebSocket(maxMessage, maxFragments, deflate, at: location)
    }
  }

  /// A WebSocket with a handler of its own: one task per connection, on the connection's loop.
  ///
  /// ```swift
  /// Route("/echo").websocket { socket in
  ///   for try await message in socket { try await socket.send(message) }
  /// }
  /// ```
  ///
  /// Returning closes with 1000, throwing with 1011. The task is cancelled when the peer has closed. `rotate` does not
  /// end it: only the handler knows when nothing would be lost.
  ///
  /// - Parameters:
  ///   - subprotocols: those spoken, best first; the first that the client offers is chosen.
  ///   - maxMessage: as for a channel.
  ///   - maxFragments: as for a channel.
  ///   - deflate: as for a channel.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  ///   - handler: speaks with one client.
  public func websocket(
    subprotocols: [String] = [], maxMessage: ByteCount? = nil, maxFragments: Int? = nil, deflate: Bool? = nil,
    file: String = #filePath, line: Int = #line,
    handler: @escaping @concurrent @Sendable (WebSocket) async throws -> Void
  ) -> Route {
    modified(".websocket", file, line) { declaration, location in
      declaration.socket = .async(offLoop: false, handler)
      declaration.subprotocols = subprotocols
      declaration.setWebSocket(maxMessage, maxFragments, deflate, at: location)
    }
  }

  /// A WebSocket with a callback for each message: the fastest form, no task and no copy.
  ///
  /// - Parameters:
  ///   - subprotocols: as above.
  ///   - maxMessage: as above.
  ///   - maxFragments: as above.
  ///   - deflate: as above.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  ///   - onMessage: runs on the loop and must not block; the message is valid only until it returns.
  public func websocket(
    subprotocols: [String] = [], maxMessage: ByteCount? = nil, maxFragments: Int? = nil, deflate: Bool? = nil,
    file: String = #filePath, line: Int = #line,
    onMessage: @escaping @Sendable (WebSocketConnection, WebSocketMessage) -> Void
  ) -> Route {
    modified(".websocket", file, line) { declaration, location in
      declaration.socket = .synchronous(onMessage)
      declaration.subprotocols = subprotocols
      declaration.setWebSocket(maxMessage, maxFragments, deflate, at: location)
    }
  }

  /// Runs the WebSocket's handler on the global pool instead of its connection's loop: for handlers that may block.
  ///
  /// - Parameters:
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public func offLoop(file: String = #filePath, line: Int = #line) -> Route {
    modified(".offLoop", file, line) { declaration, _ in declaration.offLoop = true }
  }
}

extension Declaration {
  fileprivate mutating func setWebSocket(
    _ maxMessage: ByteCount?, _ maxFragments: Int?, _ deflate: Bool?, at location: SourceLocation
  ) {
    set("websocket.maxMessage", maxMessage.map { .number($0.bytes) }, at: location)
    set("websocket.maxFragments", maxFragments.map { .number($0) }, at: location)
    set("websocket.deflate", deflate.map { .flag($0) }, at: location)
  }
}
