package import HalleyProtocols

extension ServerFrame {
  /// The first frame of a subscription: welcome, or the reset that takes its place (rules R1 and R3).
  package static func opening(_ read: SetRead, of set: ChannelSet, heartbeat: Int) -> ServerFrame {
    let cursor = read.start.description
    switch read.outcome {
    case .reset(let reason):
      return .reset(
        reason: reason.rawValue, cursor: cursor, heartbeat: heartbeat, channels: set.names(of: read.resets))
    case .current: return .welcome(resume: "current", cursor: cursor, replay: nil, heartbeat: heartbeat)
    case .new: return .welcome(resume: "new", cursor: cursor, replay: read.held, heartbeat: heartbeat)
    case .resumed: return .welcome(resume: "resumed", cursor: cursor, replay: read.held, heartbeat: heartbeat)
    }
  }
}

extension ServerFrame {
  /// Whether messages arrive, as it is told when it changes, and to whoever comes while they do not.
  package static func status(_ delivery: DeliveryStatus) -> ServerFrame { .status(delivery: delivery.rawValue) }
}

extension ResumePoint {
  /// What a cursor asks for.
  ///
  /// - Parameter start: where a subscriber starts that brings none.
  package init(_ cursor: [UInt8], default start: StartPosition) {
    switch Cursor.read(cursor) {
    case .absent: self = .start(start)
    case .latest: self = .start(.latest)
    case .oldest: self = .start(.oldest)
    case .last(let count): self = .start(.last(count))
    case .unknown: self = .unknown
    case .entries(let entries):
      let ids = entries.compactMap { entry in Epoch(entry.epoch).map { MessageID(epoch: $0, offset: entry.offset) } }
      self = ids.count == entries.count ? .after(ids) : .unknown
    }
  }

  /// What a request asks for, by the precedence of rule R6: an event source comes back to its first, stale query, so the
  /// field wins. An empty value counts as absent.
  ///
  /// - Parameters:
  ///   - lastEventID: the field `Last-Event-ID`.
  ///   - queried: the query's cursor and its aliases, in their order.
  /// - Returns: nil when it brings none.
  package init?(lastEventID: String?, queried: [String?]) {
    guard let text = ([lastEventID] + queried).compactMap({ $0 }).first(where: { !$0.isEmpty }) else { return nil }
    self.init(Array(text.utf8), default: .latest)
  }

  /// No cursor, or a position by name.
  package var isByName: Bool {
    if case .start = self { return true }
    return false
  }
}

extension ResumeOutcome {
  /// How frames and poll answers say it.
  package var word: String {
    switch self {
    case .new: "new"
    case .current: "current"
    case .resumed: "resumed"
    case .reset: "reset"
    }
  }
}

extension MessageDraft {
  /// A draft of what a client publishes in a frame: JSON as it is, a base64 string as the bytes it stands for.
  package init(_ publish: ClientFrame.Publish, mustBeJSON: Bool, publisher: String = "") throws(PublishError) {
    if publish.isBase64 {
      guard !mustBeJSON, let text = JSONText.string(publish.data[...]), let bytes = Base64.decode(text) else {
        throw .invalid("the data is not base64")
      }
      try self.init(
        binary: bytes, event: publish.event, key: publish.key, idempotencyKey: publish.idempotencyKey,
        publisher: publisher)
    } else {
      try self.init(
        json: publish.data, event: publish.event, key: publish.key, idempotencyKey: publish.idempotencyKey,
        publisher: publisher)
    }
  }
}
