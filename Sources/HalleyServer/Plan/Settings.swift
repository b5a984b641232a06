/// Every number an operator can turn, as plain integers: milliseconds, bytes and counts.
///
/// The table with names, units, ranges and reasons is the configuration's; these are the values in force for one
/// route, after flags, environment, file, code and built-in defaults have been laid over each other. A change while
/// running replaces the whole value on each loop; live connections read it at their next deadline.
package struct Settings: Sendable, Equatable {
  /// `poll.hold`: how long a long-poll is held, milliseconds.
  package var pollHold = 20_000
  /// `poll.jitter`: a hold is shortened by up to this share, percent.
  package var pollJitter = 10
  /// `poll.batch`: most messages in one poll answer.
  package var pollBatchMessages = 100
  /// `poll.batchBytes`: most payload bytes in one poll answer.
  package var pollBatchBytes = 256 << 10
  /// `poll.interval`: `retry:` of short-polling event sources, milliseconds.
  package var pollInterval = 3_000
  /// `jsonp.hold`: upper bound of a hold over JSONP, milliseconds.
  package var jsonpHold = 25_000
  /// `heartbeat`: sign of life on a silent stream, milliseconds without output.
  package var heartbeat = 15_000
  /// `sse.retry`: range of the reconnection time told to an event source, milliseconds.
  package var sseRetryLow = 2_000
  package var sseRetryHigh = 5_000
  /// `rotate`: a stream or a WebSocket under `halley.v1` is moved after this time × 0.8–1.0, milliseconds; 0 is never.
  /// Sockets that carry payloads only stay: they could not come back to where they were.
  package var rotate = 600_000
  /// `stream.maxBytes`: body of one stream or iframe answer, after which it moves, bytes.
  package var streamMaxBytes = 128 << 10
  /// `websocket.ping`: a ping after so long without input, milliseconds.
  package var webSocketPing = 20_000
  /// `websocket.pongTimeout`: no input so long after a ping means the peer is gone, milliseconds.
  package var webSocketPongTimeout = 10_000
  /// `websocket.helloTimeout`: the first frame of `halley.v1` is due within, milliseconds.
  package var webSocketHelloTimeout = 10_000
  /// `websocket.closeTimeout`: how long the peer's close frame is awaited, milliseconds.
  package var webSocketCloseTimeout = 5_000
  /// `websocket.maxMessage`: largest message accepted, bytes after reassembly and inflation.
  package var webSocketMaxMessage = 64 << 10
  /// `websocket.maxFragments`: most frames in one message.
  package var webSocketMaxFragments = 64
  /// `websocket.deflate`: permessage-deflate is negotiated when the client offers it.
  package var webSocketDeflate = false
  /// `history.messages`, `history.bytes`, `history.age` (milliseconds): what a channel's log retains.
  package var historyMessages = 128
  package var historyBytes = 1 << 20
  package var historyAge = 300_000
  /// `history.metaAge`: how long epoch and top outlive the messages, milliseconds.
  package var historyMetaAge = 86_400_000
  /// `history.total`: what all computed channels retain together, bytes.
  package var historyTotal = 256 << 20
  /// `replay.messages`, `replay.bytes`: most that one resume replays.
  package var replayMessages = 300
  package var replayBytes = 1 << 20
  /// `queue.soft`, `queue.hard`: queued output of one connection, bytes.
  package var queueSoft = 256 << 10
  package var queueHard = 1 << 20
  /// `queue.messages`: broadcast messages queued for one connection at which backpressure begins.
  package var queueMessages = 256
  /// `queue.stall`: nothing drained for so long with output queued ends the connection, milliseconds.
  package var queueStall = 30_000
  /// `presence.grace`: a polling member stays so long after its last answer, milliseconds; 0 is `poll.hold` + 10 s.
  package var presenceGrace = 0
  /// `presence.linger`: a member stays so long after its last connection has ended, milliseconds.
  package var presenceLinger = 5_000
  /// `presence.members`: most members of a channel.
  package var presenceMembers = 1_000
  /// `queue.total`: queued output of all connections together, bytes; 0 is a quarter of the memory.
  package var queueTotal = 0
  /// `publish.maxBytes`: largest payload published over the network.
  package var publishMaxBytes = 64 << 10
  /// `publish.idempotency`: how long an idempotency key is remembered, milliseconds.
  package var publishIdempotency = 300_000
  /// `http.line`, `http.fields`, `http.fieldCount`, `http.body`: limits of a request, bytes and a count.
  package var httpLine = 8 << 10
  package var httpFields = 32 << 10
  package var httpFieldCount = 100
  package var httpBody = 64 << 10
  /// `http.headTimeout`, `http.bodyTimeout`, `http.idle`: total times, milliseconds.
  package var httpHeadTimeout = 10_000
  package var httpBodyTimeout = 10_000
  package var httpIdle = 15_000
  /// `limits.connections`: 0 is the descriptor limit minus 64.
  package var limitsConnections = 0
  /// `admission.rate`: handshakes a second and loop; 0 is 5000, and any number from this machine.
  package var admissionRate = 0
  /// `drain.window`: when the last client must have gone, milliseconds.
  package var drainWindow = 30_000
  /// `drain.rate`: clients sent away come back at this rate, per second.
  package var drainRate = 500
  /// `watchdog.limit`: a callback that holds its loop longer is logged, milliseconds; 0 is never.
  package var watchdogLimit = 100
  /// `limits.perAddress`: streams, WebSockets and held polls of one address; 0 is 100, and any number from this machine.
  package var limitsPerAddress = 0
  /// `limits.channels`: most computed channels alive at once.
  package var limitsChannels = 10_000
  /// `cors.maxAge`: how long a browser may keep a preflight's answer, milliseconds.
  package var corsMaxAge = 600_000

  /// The built-in defaults.
  package init() {}
}
