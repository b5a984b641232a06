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
  package var webSockets = 0
  package var eventStreams = 0
  package var waiters = 0
  package var handlers = 0
  package var feeds = 0
  package var timers = 0
  package var queuedBytes = 0
  package var inputBytes = 0

  package init() {}

  static func + (a: ServerReport, b: ServerReport) -> ServerReport {
    var sum = a
    sum.loops += b.loops
    sum.connections += b.connections
    sum.httpConnections += b.httpConnections
    sum.webSockets += b.webSockets
    sum.eventStreams += b.eventStreams
    sum.waiters += b.waiters
    sum.handlers += b.handlers
    sum.feeds += b.feeds
    sum.timers += b.timers
    sum.queuedBytes += b.queuedBytes
    sum.inputBytes += b.inputBytes
    return sum
  }

  /// The answer of `/_halley/health`.
  var json: String {
    "{\"status\":\"ok\",\"loops\":\(loops),\"connections\":\(connections),\"http\":\(httpConnections),"
      + "\"webSockets\":\(webSockets),\"eventStreams\":\(eventStreams),\"waiters\":\(waiters),\"handlers\":\(handlers),"
      + "\"feeds\":\(feeds),\"timers\":\(timers),\"queuedBytes\":\(queuedBytes),\"inputBytes\":\(inputBytes)}"
  }
}
