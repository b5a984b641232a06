/// The ways in which a subscriber of the lab, or of the test over sockets, is served.
public enum LabTransport: String, Sendable, Hashable, CaseIterable {
  /// WebSocket with frames, subprotocol `halley.v1`.
  case webSocket = "websocket"
  /// WebSocket with payloads only. It has no cursor, so its promise is for one connection.
  case rawWebSocket = "raw"
  /// Event stream whose data is the payload, with the last event id as the cursor.
  case eventStream = "sse"
  /// Event stream whose data is a frame.
  case eventStreamFrames = "sse-frames"
  /// Event source whose answer ends with the first batch, and is held until there is one (`hold=20`).
  case heldEventSource = "sse-hold"
  /// Event source of frames whose answer ends at once (`hold=0`), and which comes back after the time it was told.
  case pollingEventSource = "sse-poll"
  /// One frame a line.
  case stream = "stream"
  /// One script element a frame.
  case iframe = "iframe"
  /// A poll that is held until something happens.
  case longPoll = "long-poll"
  /// A poll that is answered at once.
  case shortPoll = "short-poll"
  /// A held poll whose answer is a script.
  case jsonp = "jsonp"

  /// The answer is complete in itself, and the next request brings the cursor.
  public var isPoll: Bool { self == .longPoll || self == .shortPoll || self == .jsonp }

  /// Frames over a socket, which carries pings too.
  var isWebSocket: Bool { self == .webSocket || self == .rawWebSocket }
  /// An event source whose answers end after one batch.
  var isBrief: Bool { self == .heldEventSource || self == .pollingEventSource }
  /// The server holds the request until something happens.
  var isHeld: Bool { self == .longPoll || self == .jsonp || self == .heldEventSource }
  /// The body is an event stream.
  var isEventStream: Bool { self == .eventStream || self == .eventStreamFrames || isBrief }
  /// Event stream whose data is the payload.
  var isPlainEventStream: Bool { self == .eventStream || self == .heldEventSource }

  /// Those a subscriber with a cursor may move between.
  public static let switchable = allCases.filter { $0 != .rawWebSocket }
}
