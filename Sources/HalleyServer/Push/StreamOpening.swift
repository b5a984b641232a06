import HTTPTypes
import HalleyChannels
import HalleyProtocols

/// What a stream says before it is live: response head, padding, welcome or reset, and the replay, in one write.
struct StreamOpening {
  let kind: StreamKind
  let settings: Settings
  /// Fields of the route's CORS decision.
  let fields: [(String, String)]
  /// Spaces that the client asked for, for itself or a proxy that buffers (delivery contract §7.4).
  var prelude = 0

  /// However much padding counts towards the size of an answer, so much is left for its frames.
  private static let leastFrames = 1 << 10

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
    let head = padding
    let first = first(read, of: set, retry: Int.random(in: settings.sseRetryLow...longest))
    out += kind.framed(head) + kind.framed(first)
    guard kind.isCapped else {
      for message in read.deliveries(of: set) { out += message.encoded(kind.encoding) }
      return (out, .max)
    }
    var left = max(settings.streamMaxBytes - head.count, Self.leastFrames) - first.count
    for message in read.deliveries(of: set) {
      out += kind.bytes(of: message)
      left -= kind.bodyCount(of: message)
      if left <= 0 { break }
    }
    if left <= 0 { out += kind.farewell(.move(reason: "size", retry: 0), retry: 0) }
    return (out, left)
  }

  /// The whole body of a stream that ends by itself after one batch.
  ///
  /// - Parameters:
  ///   - arrival: how the request was met.
  ///   - set: the channels it asked for.
  ///   - messages: what it gets, at once or after it was held.
  ///   - retry: when an event source comes back, milliseconds.
  func brief(_ arrival: SetRead, of set: ChannelSet, _ messages: [Delivery], retry: Int) -> [UInt8] {
    var out = padding + first(arrival, of: set, retry: retry)
    for message in messages { out += kind.whole.bytes(of: message) }
    return out
  }

  /// The whole body of a stream that is sent away: the welcome says where the client stands, the move when to return.
  func moved(_ arrival: SetRead, of set: ChannelSet, reason: String, retry: Int) -> [UInt8] {
    padding + first(arrival, of: set, retry: nil) + kind.block(.move(reason: reason, retry: retry), retry: retry)
  }

  private var padding: [UInt8] {
    switch kind.format {
    case .scripts: ScriptCall.pageHead
    case .lines where prelude > 0: [UInt8](repeating: 0x20, count: prelude) + [0x0A]
    case .events, .eventFrames, .lines: []
    }
  }

  /// The welcome or the reset.
  private func first(_ read: SetRead, of set: ChannelSet, retry: Int?) -> [UInt8] {
    kind.block(
      .opening(read, of: set, heartbeat: settings.heartbeat), retry: retry, id: read.start.description)
  }
}
