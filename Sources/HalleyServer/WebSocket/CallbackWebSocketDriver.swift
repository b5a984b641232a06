internal import CHalleyShims
package import HalleyEventLoop
internal import HalleyProtocols

/// A route whose messages go to a synchronous callback: the fastest form, no task, no copy, no allocation per message.
@safe package final class CallbackWebSocketDriver: WebSocketDriver {
  private let onMessage: (WebSocketConnection, WebSocketMessage) -> Void

  /// The loop's pulse, which outlives its drivers, and what it is told of this route.
  private let pulse: UnsafeMutablePointer<halley_pulse>?
  private let place: UInt64

  /// - Parameters:
  ///   - pulse: the loop's, told of `place` while messages are handed out.
  ///   - onMessage: called on the loop for each message; must not block.
  package init(
    settings: SettingsSource, pulse: LoopPulse? = nil, place: UInt64 = 0,
    onMessage: @escaping (WebSocketConnection, WebSocketMessage) -> Void
  ) {
    self.onMessage = onMessage
    unsafe self.pulse = pulse.map { unsafe $0.pointer.assumingMemoryBound(to: halley_pulse.self) }
    self.place = place
    super.init(settings: settings)
  }

  package override func received(
    _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) -> Int {
    if let pulse = unsafe pulse { unsafe halley_pulse_at(pulse, place) }
    return unsafe read(connection, bytes, count) { onMessage(WebSocketConnection(connection), $0) }
  }

  package override func message(_ socket: WebSocketConnection, _ message: WebSocketMessage) {
    onMessage(socket, message)
  }
}
