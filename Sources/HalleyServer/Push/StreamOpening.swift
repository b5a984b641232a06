import HTTPTypes
import HalleyChannels
import HalleyProtocols

/// What a stream says before it is live: response head, welcome or reset, and the replay, in one write.
struct StreamOpening {
  let kind: StreamKind
  let settings: Settings
  /// Fields of the route's CORS decision.
  let fields: [(String, String)]

  /// All fields of the answer but the connection's own.
  var httpFields: HTTPFields {
    HTTPFields(
      fields + [
        ("Content-Type", kind.contentType), ("Cache-Control", "no-cache, no-store, no-transform"),
        ("X-Accel-Buffering", "no"), ("X-Content-Type-Options", "nosniff"),
      ])
  }

  /// Response head, first block and replay of a stream that stays open.
  ///
  /// - Returns: nil when a field would break the head.
  func bytes(_ result: ReadResult, _ exchange: HTTPExchange) -> [UInt8]? {
    var fields = httpFields
    if kind.isChunked { fields[.transferEncoding] = "chunked" } else { fields[.connection] = "close" }
    guard var out = exchange.responseHead(status: 200, fields: fields) else { return nil }
    let longest = max(settings.sseRetryLow, settings.sseRetryHigh)
    out += kind.framed(first(result, retry: Int.random(in: settings.sseRetryLow...longest)))
    for message in result.messages { out += message.encoded(kind.encoding) }
    return out
  }

  /// The whole body of an event stream that ends by itself and asks the browser back.
  func brief(_ result: ReadResult, retry: Int) -> [UInt8] {
    let whole = StreamKind(format: kind.format, isChunked: false)
    var out = first(result, retry: retry)
    for message in result.messages { out += message.encoded(whole.encoding) }
    return out
  }

  /// The welcome or the reset.
  private func first(_ result: ReadResult, retry: Int) -> [UInt8] {
    kind.block(
      .opening(result, heartbeat: settings.heartbeat), retry: retry, id: result.start.description)
  }
}
