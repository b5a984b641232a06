package import HalleyEventLoop
internal import HalleyProtocols

/// A route whose messages go to a synchronous callback: the fastest form, no task, no copy, no allocation per message.
package final class CallbackWebSocketDriver: WebSocketDriver {
  private let onMessage: (WebSocketConnection, WebSocketMessage) -> Void

  /// - Parameter onMessage: called on the loop for each message; must not block.
  package init(settings: SettingsSource, onMessage: @escaping (WebSocketConnection, WebSocketMessage) -> Void) {
    self.onMessage = onMessage
    super.init(settings: settings)
  }

  package override func received(
    _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) -> Int {
    unsafe read(connection, bytes, count) { onMessage(WebSocketConnection(connection), $0) }
  }

  package override func message(_ socket: WebSocketConnection, _ message: WebSocketMessage) {
    onMessage(socket, message)
  }
}
