/// Every key there is. Flags, environment names, the file, help, checks and `halley routes` all follow from this.
enum SettingTable {
  /// The row of a key, or nil.
  static func key(_ name: String) -> SettingKey? { byName[name] }

  private static let byName = Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0) })

  /// The rows in the order of help and file.
  static let keys: [SettingKey] =
    listening + polling + streaming + webSocket + channels + output + publishing + presence + requests + pacing

  private static let second = 1_000
  private static let minute = 60_000
  private static let hour = 3_600_000
  private static let day = 86_400_000
  private static let kibibyte = 1 << 10
  private static let mebibyte = 1 << 20
  private static let gibibyte = 1 << 30

  private static let listening: [SettingKey] = [
    .application(
      "listen", .address, .address(host: "127.0.0.1", port: 8080), "address to listen on; port 0 takes a free one"),
    .application(
      "threads", .count(1...1024), .number(0), zero: "one per core", "event loops, each on a thread of its own"),
    .application(
      "hosts", .list, .list([]), "host names served, others get 421; none: loopback names on loopback, else any host"),
    .application(
      "proxies", .list, .list([]), "addresses or networks of proxies in front; exempt from limits.perAddress"),
    .application(
      "operations.from", .list, .list([]),
      "addresses or networks that see /_halley/health, metrics and console, besides loopback; never what is forwarded"),
    .application(
      "proxyTimeout", .duration(second...day), .number(0), isLive: true, zero: "unset",
      "idle cut of the proxy in front; holds and heartbeats at or above it are refused"),
    .application(
      "cors.origins", .list, .list([]), reach: .route,
      "origins whose pages may use a route; replaces the list in the code"),
    .duration("cors.maxAge", \.corsMaxAge, 0...day, .route, "how long browsers keep a preflight's answer"),
  ]

  private static let polling: [SettingKey] = [
    .duration(
      "poll.hold", \.pollHold, 5 * second...55 * second, .route,
      "longest hold of a long-poll; below the 30 s of some load balancers and the 60 s of common proxies"),
    .percent("poll.jitter", \.pollJitter, 0...50, .route, "a hold is shortened by up to this share, to spread load"),
    .count("poll.batch", \.pollBatchMessages, 1...10_000, .route, "most messages in one poll answer"),
    .bytes(
      "poll.batchBytes", \.pollBatchBytes, kibibyte...64 * mebibyte, .route, "most payload in one poll answer"),
    .duration(
      "poll.interval", \.pollInterval, second...hour, .route, "time between short polls told to event sources"),
    .duration(
      "jsonp.hold", \.jsonpHold, 5 * second...30 * second, .route,
      "longest hold over JSONP; common clients give a script 35 s"),
  ]

  private static let streaming: [SettingKey] = [
    .duration(
      "heartbeat", \.heartbeat, 5 * second...55 * second, .route,
      "a stream without output so long sends a sign of life; under idle cuts of 20 s"),
    .spread(
      "sse.retry", low: \.sseRetryLow, high: \.sseRetryHigh, 100...hour, .route,
      "reconnection time told to event sources, random in between because browsers add no jitter"),
    .duration(
      "rotate", \.rotate, 10 * second...day, .route, zero: "never",
      "a stream or framed WebSocket is moved after 0.8 to 1.0 of this; spreads load after a restart"),
    .bytes(
      "stream.maxBytes", \.streamMaxBytes, 4 * kibibyte...gibibyte, .route,
      "an answer of lines or scripts moves after so much body, so that the page can free what it has read"),
  ]

  private static let webSocket: [SettingKey] = [
    .duration(
      "websocket.ping", \.webSocketPing, 5 * second...120 * second, .route, "a ping after so long without input"),
    .duration(
      "websocket.pongTimeout", \.webSocketPongTimeout, 2 * second...60 * second, .route,
      "no input so long after a ping means the peer is gone"),
    .duration(
      "websocket.helloTimeout", \.webSocketHelloTimeout, second...minute, .route,
      "the first frame of halley.v1 is due within"),
    .duration(
      "websocket.closeTimeout", \.webSocketCloseTimeout, 100...minute, .route, "how long a peer's close is awaited"),
    .bytes(
      "websocket.maxMessage", \.webSocketMaxMessage, 125...gibibyte, .route,
      "largest message taken, after reassembly and inflation; larger ones close with 1009"),
    .count("websocket.maxFragments", \.webSocketMaxFragments, 1...1 << 20, .route, "most frames in one message"),
    .onOff(
      "websocket.deflate", \.webSocketDeflate, .route,
      "compression if the client offers it; about 300 KiB a connection, and lengths leak secrets"),
  ]

  private static let channels: [SettingKey] = [
    .count("history.messages", \.historyMessages, 0...1 << 20, .route, "messages a channel retains"),
    .bytes("history.bytes", \.historyBytes, 0...gibibyte, .route, "payload a channel retains"),
    .duration(
      "history.age", \.historyAge, second...day, .route, "age to which messages are retained; covers a tunnel"),
    .duration(
      "history.metaAge", \.historyMetaAge, second...30 * day, .route,
      "how long an empty channel remembers its position, so that idle cursors stay good"),
    .bytes(
      "history.total", \.historyTotal, mebibyte...1024 * gibibyte, .program,
      "what channels named by clients retain together; those used longest ago are trimmed first"),
    .count("replay.messages", \.replayMessages, 1...1 << 20, .route, "most messages that one resume replays"),
    .bytes("replay.bytes", \.replayBytes, kibibyte...gibibyte, .route, "most payload that one resume replays"),
    .count(
      "limits.channels", \.limitsChannels, 1...10_000_000, .program, "most computed channels alive at once"),
  ]

  private static let output: [SettingKey] = [
    .bytes(
      "queue.soft", \.queueSoft, 4 * kibibyte...gibibyte, .route, "queued output at which backpressure begins"),
    .bytes("queue.hard", \.queueHard, 8 * kibibyte...gibibyte, .route, "queued output that closes a connection"),
    .count(
      "queue.messages", \.queueMessages, 1...1 << 20, .route, "queued messages at which backpressure begins"),
    .duration(
      "queue.stall", \.queueStall, second...hour, .route,
      "nothing drained so long closes a connection; longer than a radio hand-over"),
    .bytes(
      "queue.total", \.queueTotal, mebibyte...1024 * gibibyte, .program, zero: "a quarter of the memory",
      "queued output of all connections; above it the largest queues are paused, then closed"),
  ]

  private static let publishing: [SettingKey] = [
    .bytes("publish.maxBytes", \.publishMaxBytes, 1...gibibyte, .route, "largest payload taken from the network"),
    .duration(
      "publish.idempotency", \.publishIdempotency, second...day, .route,
      "how long a publisher's key is remembered; outlasts its retries"),
  ]

  private static let presence: [SettingKey] = [
    .duration(
      "presence.grace", \.presenceGrace, second...hour, .route, zero: "poll.hold + 10s",
      "a polling member stays so long after its last answer"),
    .duration(
      "presence.linger", \.presenceLinger, 0...hour, .route,
      "a member stays so long after its last connection; a reload of the page is no leaving"),
    .count("presence.members", \.presenceMembers, 1...100_000, .route, "most members of a channel; then 503"),
  ]

  private static let requests: [SettingKey] = [
    .bytes("http.line", \.httpLine, 256...mebibyte, .program, "longest request line; 414"),
    .bytes("http.fields", \.httpFields, kibibyte...mebibyte, .program, "largest field section; 431"),
    .count("http.fieldCount", \.httpFieldCount, 8...1_000, .program, "most fields; 431"),
    .bytes("http.body", \.httpBody, 0...gibibyte, .program, "largest body of a request; 413"),
    .duration("http.headTimeout", \.httpHeadTimeout, second...hour, .program, "a whole request head is due within"),
    .duration(
      "http.bodyTimeout", \.httpBodyTimeout, second...hour, .program, "a body is due within, plus 1 s per KiB"),
    .duration("http.idle", \.httpIdle, second...hour, .program, "a connection without request is closed after"),
    .count(
      "limits.connections", \.limitsConnections, 1...10_000_000, .program, zero: "descriptor limit minus 64",
      "most connections; at the limit accepting pauses"),
    .count(
      "limits.perAddress", \.limitsPerAddress, 1...10_000_000, .program, zero: "100, loopback exempt",
      "most streams, sockets and held polls of one address; 429"),
  ]

  private static let pacing: [SettingKey] = [
    .count(
      "admission.rate", \.admissionRate, 1...10_000_000, .program, zero: "5000, loopback exempt",
      "handshakes a second and loop; others are asked back later"),
    .duration(
      "drain.window", \.drainWindow, second...hour, .program,
      "a stopping server sends its clients away within this time, then ends the rest"),
    .count(
      "drain.rate", \.drainRate, 1...1_000_000, .program,
      "clients sent away come back at this rate a second; 15 000 of them within the window"),
    .duration(
      "watchdog.limit", \.watchdogLimit, 10...minute, .program, zero: "never",
      "a handler that keeps its loop from everybody else for longer is logged"),
  ]
}
