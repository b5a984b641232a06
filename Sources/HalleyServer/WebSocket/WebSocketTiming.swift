/// Intervals of a WebSocket route, milliseconds.
struct WebSocketTiming {
  var ping: UInt64 = 20_000
  var pongTimeout: UInt64 = 10_000
  var closeTimeout: UInt64 = 5_000

  init() {}

  init(_ settings: Settings) {
    ping = UInt64(clamping: settings.webSocketPing)
    pongTimeout = UInt64(clamping: settings.webSocketPongTimeout)
    closeTimeout = UInt64(clamping: settings.webSocketCloseTimeout)
  }
}
