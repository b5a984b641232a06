/// What one loop holds at this moment. Confined to its loop; every count is back at zero when the clients have left.
package final class ServerGauges {
  package var waiters = 0
  package var eventStreams = 0
  package var handlers = 0

  package init() {}
}

/// The sum over all loops, as a value.
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
  package var timers = 0
  package var queuedBytes = 0
  package var inputBytes = 0
  /// The longest that one callback has held a loop since the start, milliseconds; 0 while `watchdog.limit` was kept.
  package var longestHold = 0
  package var isDraining = false

  package init() {}

  /// Whether nobody is connected any more, and nothing is being answered.
  var isEmpty: Bool { connections == 0 && httpConnections == 0 && handlers == 0 }

  static func + (a: ServerReport, b: ServerReport) -> ServerReport {
    var sum = a
    sum.loops += b.loops
    sum.connections += b.connections
    sum.httpConnections += b.httpConnections
    sum.requests += b.requests
    sum.webSockets += b.webSockets
    sum.eventStreams += b.eventStreams
    sum.waiters += b.waiters
    sum.handlers += b.handlers
    sum.feeds += b.feeds
    sum.timers += b.timers
    sum.queuedBytes += b.queuedBytes
    sum.inputBytes += b.inputBytes
    sum.longestHold = max(a.longestHold, b.longestHold)
    sum.isDraining = a.isDraining || b.isDraining
    return sum
  }

  /// The answer of `/_halley/health`.
  var json: String {
    "{\"status\":\"\(isDraining ? "draining" : "ok")\",\"loops\":\(loops),\"connections\":\(connections),\"http\":\(httpConnections),\"requests\":\(requests),"
      + "\"webSockets\":\(webSockets),\"eventStreams\":\(eventStreams),\"waiters\":\(waiters),\"handlers\":\(handlers),"
      + "\"feeds\":\(feeds),\"timers\":\(timers),\"queuedBytes\":\(queuedBytes),\"inputBytes\":\(inputBytes),"
      + "\"longestHold\":\(longestHold)}"
  }
}
