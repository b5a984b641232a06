/// What a server holds and has counted, as a value: one loop's share, or the sum over all loops.
package struct ServerReport: Sendable {
  package var loops = 0
  package var connections = 0
  package var httpConnections = 0
  /// Requests whose head has come and whose answer has not left.
  package var requests = 0
  package var webSockets = 0
  package var eventStreams = 0
  package var waiters = 0
  package var handlers = 0
  package var feeds = 0
  /// Streams, WebSockets and held polls that get a channel.
  package var subscribers = 0
  /// Channels that are declared or alive. Of the server, not of a loop.
  package var channels = 0
  package var timers = 0
  package var queuedBytes = 0
  package var inputBytes = 0
  /// Resident memory, bytes; 0 when it cannot be read. Of the process.
  package var memoryBytes = 0
  package var accepted = 0
  package var refused = 0
  package var expired = 0
  package var flooded = 0
  /// Messages appended to channels. Of the server.
  package var published = 0
  /// Messages times the subscribers that they went to as they were published.
  package var delivered = 0
  /// The longest that one callback has held a loop since the start, milliseconds; 0 while `watchdog.limit` was kept.
  package var longestHold = 0
  package var isDraining = false

  package init() {}

  /// Whether nobody is connected any more, and nothing is being answered.
  var isEmpty: Bool { connections == 0 && httpConnections == 0 && handlers == 0 }

  static func + (a: ServerReport, b: ServerReport) -> ServerReport {
    var sum = a
    for row in ReportRow.all { sum[keyPath: row.path] += b[keyPath: row.path] }
    sum.longestHold = max(a.longestHold, b.longestHold)
    sum.isDraining = a.isDraining || b.isDraining
    return sum
  }

  /// The answer of `/_halley/health`.
  var json: String {
    let numbers = ReportRow.all.map { "\"\($0.key)\":\(self[keyPath: $0.path])" }.joined(separator: ",")
    return "{\"status\":\"\(isDraining ? "draining" : "ok")\",\(numbers)}"
  }
}

/// One number of a report: its name in the health report, and as a metric.
struct ReportRow: Sendable {
  typealias Path = any WritableKeyPath<ServerReport, Int> & Sendable

  /// In `/_halley/health`.
  let key: String
  /// In `/_halley/metrics`, without `halley_`.
  let metric: String
  let kind: Metric.Kind
  /// One sentence without a full stop.
  let help: String
  let path: Path

  private init(_ key: String, _ metric: String, _ kind: Metric.Kind, _ path: Path, _ help: String) {
    self.key = key
    self.metric = metric
    self.kind = kind
    self.path = path
    self.help = help
  }

  static let all: [ReportRow] = [
    ReportRow("loops", "loops", .gauge, \.loops, "Event loops, each on a thread of its own"),
    ReportRow(
      "connections", "detached_connections", .gauge, \.connections, "Detached connections: streams and WebSockets"),
    ReportRow("http", "connections", .gauge, \.httpConnections, "Connections alive, detached ones included"),
    ReportRow("requests", "requests", .gauge, \.requests, "Requests whose head has come and whose answer has not left"),
    ReportRow("webSockets", "websockets", .gauge, \.webSockets, "Live WebSockets"),
    ReportRow("eventStreams", "event_streams", .gauge, \.eventStreams, "Live event streams, lines and iframes"),
    ReportRow("waiters", "held_polls", .gauge, \.waiters, "Polls that are held"),
    ReportRow("handlers", "handlers", .gauge, \.handlers, "Handlers and streamed answers at work"),
    ReportRow("feeds", "feeds", .gauge, \.feeds, "Sets of channels that loops have subscribers for"),
    ReportRow("subscribers", "subscribers", .gauge, \.subscribers, "Streams, WebSockets and held polls of channels"),
    ReportRow("channels", "channels", .gauge, \.channels, "Channels, declared and computed"),
    ReportRow("timers", "timers", .gauge, \.timers, "Timers and deadlines armed"),
    ReportRow("queuedBytes", "queued_bytes", .gauge, \.queuedBytes, "Output that waits for slow clients"),
    ReportRow("inputBytes", "input_bytes", .gauge, \.inputBytes, "Memory that holds messages not yet complete"),
    ReportRow("memoryBytes", "process_resident_memory_bytes", .gauge, \.memoryBytes, "Resident memory of the process"),
    ReportRow("accepted", "connections_accepted_total", .counter, \.accepted, "Connections accepted"),
    ReportRow("refused", "requests_refused_total", .counter, \.refused, "Requests refused before any route"),
    ReportRow("expired", "connections_expired_total", .counter, \.expired, "Connections that a deadline ended"),
    ReportRow("flooded", "connections_flooded_total", .counter, \.flooded, "Connections that the input cap ended"),
    ReportRow("published", "messages_published_total", .counter, \.published, "Messages appended to channels"),
    ReportRow(
      "delivered", "messages_delivered_total", .counter, \.delivered,
      "Messages sent to subscribers as they were published, replays not counted"),
    ReportRow(
      "longestHold", "loop_longest_hold_seconds", .milliseconds, \.longestHold,
      "Longest that a callback has held a loop since the start, 0 while watchdog.limit was kept"),
  ]
}
