import HalleyProtocols

/// What a stream says around its live messages: padding, welcome or reset, and the replay; and the whole body of one that
/// ends after its first batch.
package struct StreamText: Sendable {
  package let kind: StreamKind
  /// Told to the client, milliseconds.
  let heartbeat: Int
  /// `stream.maxBytes`.
  let maxBytes: Int
  /// Spaces that the client asked for, for itself or a proxy that buffers (delivery contract §7.4).
  let prelude: Int

  /// However much padding counts towards the size of an answer, so much is left for its frames.
  private static let leastFrames = 1 << 10

  package init(kind: StreamKind, heartbeat: Int, maxBytes: Int, prelude: Int = 0) {
    self.kind = kind
    self.heartbeat = heartbeat
    self.maxBytes = maxBytes
    self.prelude = prelude
  }

  /// First block and replay of a stream that stays open.
  ///
  /// - Returns: the bytes, and how much body may follow. With nothing left the bytes end with a `move`, and the answer is
  ///   complete.
  package func opening(_ read: SetRead, of set: ChannelSet, retry: Int) -> (bytes: [UInt8], left: Int) {
    let head = padding
    let first = first(read, of: set, retry: retry)
    var out = kind.framed(head) + kind.framed(first)
    guard kind.isCapped else {
      for message in read.deliveries(of: set) { out += message.encoded(kind.encoding) }
      return (out, .max)
    }
    var left = max(maxBytes - head.count, Self.leastFrames) - first.count
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
  package func brief(_ arrival: SetRead, of set: ChannelSet, _ messages: [Delivery], retry: Int) -> [UInt8] {
    var out = padding + first(arrival, of: set, retry: retry)
    for message in messages { out += kind.whole.bytes(of: message) }
    return out
  }

  /// The whole body of a stream that is sent away: the welcome says where the client stands, the move when to return.
  package func moved(_ arrival: SetRead, of set: ChannelSet, reason: String, retry: Int) -> [UInt8] {
    padding + first(arrival, of: set, retry: nil) + kind.block(.move(reason: reason, retry: retry), retry: retry)
  }

  /// The whole body of a stream that is turned away at the door. It goes with 200, as browsers give an event source up
  /// for good on anything else.
  package func turnedAway(reason: String, retry: Int) -> [UInt8] {
    padding + kind.block(.move(reason: reason, retry: retry), retry: retry)
  }

  private var padding: [UInt8] {
    switch kind.format {
    case .scripts: ScriptCall.pageHead
    case .lines where prelude > 0: [UInt8](repeating: 0x20, count: prelude) + [0x0A]
    case .events, .eventFrames, .lines: []
    }
  }

  /// The welcome or the reset, and whether messages arrive if they do not.
  private func first(_ read: SetRead, of set: ChannelSet, retry: Int?) -> [UInt8] {
    let opening = kind.block(.opening(read, of: set, heartbeat: heartbeat), retry: retry, id: read.start.description)
    return read.delivery == .live ? opening : opening + kind.block(.status(read.delivery))
  }
}
