package import HalleyProtocols
internal import CHalleyShims

/// Bounds of requests and connections on evhttp. Times are milliseconds, sizes bytes.
///
/// A change applies to live connections from their next deadline on, and to the next request head.
package struct HTTPLimits: Sendable, Equatable {
  /// Bounds of a request head: 414 and 431.
  package var head = HTTPHeadLimits()
  /// Largest body after decoding; 413. A route may have a smaller bound of its own.
  package var body = 64 << 10
  /// Most connections of one carrier at once, detached ones included. At the limit the listeners pause.
  package var connections = 10_000
  /// From accept to the first byte.
  package var firstByteTimeout = 10_000
  /// From the first byte of a head to its end; 408.
  package var headTimeout = 10_000
  /// From the end of the head to the end of the body, plus the body's size at `bodyRate`; 408.
  package var bodyTimeout = 10_000
  /// Slowest acceptable body, bytes per second.
  package var bodyRate = 1 << 10
  /// Output waits and not one byte has been drained; noticed at most a quarter later.
  package var stallTimeout = 30_000
  /// Between two requests of a connection.
  package var idleTimeout = 15_000
  /// From our last byte to the peer's end of input when we end a connection.
  package var lingerTimeout = 1_000
  /// Most input dropped in that time.
  package var lingerBytes = 64 << 10
  /// Pause of accepting after descriptors ran out, unless a connection ends first.
  package var acceptRetry = 100

  /// The defaults.
  package init() {}

  /// The limits of `settings`.
  /// - Parameter connections: this carrier's share of `limits.connections`.
  package init(_ settings: Settings, connections: Int) {
    head = HTTPHeadLimits(
      maxLine: settings.httpLine, maxFieldSection: settings.httpFields, maxFields: settings.httpFieldCount)
    body = settings.httpBody
    self.connections = connections
    firstByteTimeout = settings.httpHeadTimeout
    headTimeout = settings.httpHeadTimeout
    bodyTimeout = settings.httpBodyTimeout
    stallTimeout = settings.queueStall
    idleTimeout = settings.httpIdle
  }

  /// How long the kernel keeps a connection on which it has output and hears nothing (`TCP_USER_TIMEOUT`): half
  /// a minute, in milliseconds. A window that stays closed counts as silence: never less than a slow reader is given.
  static func patience(stall: Int) -> Int { min(max(30_000, stall), Int(Int32.max)) }

  /// The part that the guard applies.
  var guarded: halley_limits {
    var limits = halley_limits()
    limits.connections = UInt32(clamping: connections)
    limits.first_byte = UInt32(clamping: firstByteTimeout)
    limits.head = UInt32(clamping: headTimeout)
    limits.body = UInt32(clamping: bodyTimeout)
    limits.body_rate = UInt32(clamping: bodyRate)
    limits.stall = UInt32(clamping: stallTimeout)
    limits.patience = UInt32(clamping: Self.patience(stall: stallTimeout))
    limits.idle = UInt32(clamping: idleTimeout)
    limits.linger = UInt32(clamping: lingerTimeout)
    limits.linger_bytes = UInt32(clamping: lingerBytes)
    limits.accept_retry = UInt32(clamping: acceptRetry)
    // Requests that a client sends ahead while one is in work: as much as one of them may be, but for what a route
    // takes beyond `http.body`. Who sends that ahead loses the connection.
    limits.input_cap = UInt32(clamping: head.maxLine + head.maxFieldSection + body)
    return limits
  }
}
