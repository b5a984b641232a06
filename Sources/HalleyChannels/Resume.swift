/// Where a subscriber without a cursor starts.
package enum StartPosition: Sendable, Hashable {
  /// Only what comes next.
  case latest
  /// Everything retained, cut to the newest part that the replay limits allow.
  case oldest
  /// Up to so many retained messages, cut in the same way.
  case last(Int)
}

/// What a request says about where it stands.
package enum ResumePoint: Sendable, Hashable {
  /// No cursor, or a position by name.
  case start(StartPosition)
  /// The entries of a well-formed cursor. The one that carries the channel's epoch counts, whatever its place.
  case after([MessageID])
  /// Malformed or over-long: a reset, never an error.
  case unknown
}

/// How an attach or a read was met. There is no other outcome.
package enum ResumeOutcome: Sendable, Hashable {
  /// No cursor: what the start position asks for, then live.
  case new
  /// The cursor is the top of the log.
  case current
  /// All later positions are held: the replay, then live.
  case resumed
  /// Nothing old; live from the cursor that comes with it.
  case reset(ResetReason)
}

/// Why nothing can be replayed.
package enum ResetReason: String, Sendable, Hashable {
  /// The channel's epoch is another one.
  case epoch
  /// A later message was trimmed.
  case expired
  /// More to replay than the limits allow.
  case tooMany = "too_many"
  /// Malformed, or beyond the top of the log.
  case unknown
  /// History may not be read (any more); live may. A word of the contract, which clients must know: nothing produces it
  /// yet, since no route asks who its clients are, and whoever may read a channel may read its history. It comes with
  /// rights of clients.
  case forbidden
}

/// Most that one replay or one batch carries.
package struct ReplayLimits: Sendable, Hashable {
  package var messages: Int
  /// Bytes of payload, event and key.
  package var bytes: Int

  package init(messages: Int, bytes: Int) {
    self.messages = messages
    self.bytes = bytes
  }

  /// `replay.messages` and `replay.bytes` as built in.
  package static let replay = ReplayLimits(messages: 300, bytes: 1 << 20)
  /// No limit: for refills, which go in batches.
  package static let unlimited = ReplayLimits(messages: .max, bytes: .max)
}

/// What a reader gets.
package struct ReadResult: Sendable {
  package var outcome: ResumeOutcome
  /// The position just before the first message of `messages`; without messages, where live starts.
  package var start: MessageID
  /// In order, contiguous, all after `start`.
  package var messages: [Message]
  /// Further messages are held: read again from `end`.
  package var more: Bool
  /// The position after the last message of `messages`.
  package var end: MessageID
  /// Offset of the newest message of the channel.
  package var top: Int
  /// Whether messages arrive.
  package var delivery = DeliveryStatus.live
}

/// What a subscriber gets that has just been attached.
package struct Attachment: Sendable {
  package var result: ReadResult
  /// What the sink had received and not yet handed on when the new subscriber was attached. It belongs to the
  /// subscribers who were there before; the new one has it in its replay or does not want it.
  package var pending: [Message]
}
