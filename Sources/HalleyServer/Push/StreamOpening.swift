import HTTPTypes
import HalleyChannels
import HalleyProtocols

/// What a stream says before it is live: response head, and the text that follows it in one write.
struct StreamOpening {
  let kind: StreamKind
  let settings: Settings
  /// Fields of the route's CORS decision.
  let fields: [(String, String)]
  /// Spaces that the client asked for, for itself or a proxy that buffers (delivery contract §7.4).
  var prelude = 0

  /// All fields of the answer but the connection's own.
  var httpFields: HTTPFields {
    var all =
      fields + [
        ("Content-Type", kind.contentType), ("Cache-Control", "no-cache, no-store, no-transform"),
        ("X-Accel-Buffering", "no"), ("X-Content-Type-Options", "nosniff"),
      ]
    if case .scripts(let call) = kind.format { all.append(call.framePolicy) }
    return HTTPFields(all)
  }

  /// Response head, first block and replay of a stream that stays open.
  ///
  /// - Returns: the bytes, and how much body may follow; nil when a field would break the head. With nothing left the
  ///   bytes end with a `move`, and the answer is complete.
  func bytes(_ read: SetRead, of set: ChannelSet, _ exchange: HTTPExchange) -> (bytes: [UInt8], left: Int)? {
    var fields = httpFields
    if kind.isChunked { fields[.transferEncoding] = "chunked" } else { fields[.connection] = "close" }
    guard var out = exchange.responseHead(status: 200, fields: fields) else { return nil }
    let longest = max(settings.sseRetryLow, settings.sseRetryHigh)
    let (text, left) = text.opening(read, of: set, retry: Int.random(in: settings.sseRetryLow...longest))
    out += text
    return (out, left)
  }

  /// What the answer says, without its head.
  var text: StreamText {
    StreamText(kind: kind, heartbeat: settings.heartbeat, maxBytes: settings.streamMaxBytes, prelude: prelude)
  }
}
