import Synchronization

/// A message in a channel's log: immutable, shared by the log, all loops and all subscribers.
///
/// A wire form is made by whoever asks first and kept as long as the message is; only unusual ones are made again.
public final class Message: Sendable {
  /// The position in the channel's log.
  public let id: MessageID
  /// What the payload is.
  public let kind: MessageKind
  /// Minified JSON, UTF-8 text or any bytes, by `kind`.
  public let payload: [UInt8]
  private let labels: MessageLabels?
  /// When the log took it, in milliseconds of the log's monotonic clock.
  package let appendedAt: UInt64
  /// What it counts towards byte limits of history and replay: payload, event and key.
  package let size: Int
  /// It tells of a member's coming or going; history neither counts it nor keeps it for its own sake.
  package let isPresence: Bool
  /// No message but a mark among a sink's messages: what comes after it belongs to a new epoch, which stands at `id`.
  package let opensEpoch: Bool

  /// The event name, if the publisher gave one.
  public var event: String? { labels?.event }
  /// The conflation key, if the publisher gave one.
  public var key: String? { labels?.key }

  private let forms = Mutex(MessageForms())

  @inline(__always) package init(_ draft: MessageDraft, id: MessageID, appendedAt: UInt64) {
    self.id = id
    kind = draft.kind
    payload = draft.payload
    labels = draft.labels
    self.appendedAt = appendedAt
    isPresence = draft.isPresence
    opensEpoch = false
    size = draft.payload.count + (draft.labels?.size ?? 0)
  }

  /// The mark of a new epoch; it has no wire form, and no log retains it.
  ///
  /// - Parameter top: where the epoch stands when it takes the place of the last one.
  init(opening top: MessageID, at time: UInt64) {
    id = top
    kind = .binary
    payload = []
    labels = nil
    appendedAt = time
    isPresence = false
    opensEpoch = true
    size = 0
  }

  /// The bytes of one wire form, made on the first call. Any thread.
  package func encoded(_ encoding: MessageEncoding) -> [UInt8] {
    forms.withLock { $0.form(encoding, of: self) }
  }

  /// The bytes of one wire form for subscribers of several channels; made on every call, since the cursor is theirs.
  ///
  /// - Parameters:
  ///   - channel: name of the message's channel.
  ///   - position: the subscriber's, once it has the message.
  package func encoded(_ encoding: MessageEncoding, in channel: String, at position: Position) -> [UInt8] {
    if encoding == .webSocketRaw { return encoded(encoding) }
    return joined(encoding, Joined(channel: channel, cursor: position.description))
  }
}
