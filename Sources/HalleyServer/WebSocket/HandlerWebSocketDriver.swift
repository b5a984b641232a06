package import HalleyEventLoop
package import HalleyProtocols

/// A route with an asynchronous handler: one task per connection, which pulls messages out of the read buffer.
package final class HandlerWebSocketDriver: WebSocketDriver {
  private let handler: @concurrent @Sendable (WebSocket) async throws -> Void
  private let offLoop: Bool
  /// Brings about the end of the turn, in which new handlers start: the connection may stay silent.
  private let start = TurnTask()
  private let report: @Sendable (any Error) -> Void

  /// - Parameters:
  ///   - offLoop: run the handler on the global pool: for one that may block.
  ///   - report: told what a handler throws, on any thread; the peer only sees 1011.
  package init(
    settings: SettingsSource, offLoop: Bool, report: @escaping @Sendable (any Error) -> Void = { _ in },
    handler: @escaping @concurrent @Sendable (WebSocket) async throws -> Void
  ) {
    self.handler = handler
    self.offLoop = offLoop
    self.report = report
    super.init(settings: settings)
  }

  package override func reload() {
    super.reload()
    // A handler waits before it sends beyond the soft limit, so at most one message of its own comes on top of that.
    hardQueueLimit = 1 << 30
  }

  package override func began(_ socket: WebSocketConnection, _ session: WebSocketSession) {
    let connection = socket.connection
    let webSocket = WebSocket(connection, self, session)
    WebSocketCompanion.of(connection).socket = webSocket
    webSocket.start(offLoop: offLoop, report: report, handler)
    connection.loop.atEndOfTurn(start)
  }

  package override func received(
    _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) -> Int {
    guard let socket = WebSocketCompanion.existing(connection)?.socket else { return count }
    return unsafe socket.arrived(bytes, count)
  }

  package override func drained(_ connection: Connection) {
    super.drained(connection)
    WebSocketCompanion.existing(connection)?.socket?.drained()
  }

  package override func finished(_ socket: WebSocketConnection, _ code: WebSocketCloseCode, isFailure: Bool) {
    WebSocketCompanion.existing(socket.connection)?.socket?.finished(code, isFailure: isFailure)
  }
}
