import HalleyProtocols

/// How a channel goes on when its broker has come back with other data: a new epoch, and what of it there is already.
package struct LogBeginning: Sendable {
  /// A message that the epoch holds.
  package struct Held: Sendable {
    package var draft: MessageDraft
    /// How long ago it was published, milliseconds.
    package var age: UInt64

    package init(_ draft: MessageDraft, age: UInt64 = 0) {
      self.draft = draft
      self.age = age
    }
  }

  /// Another one than the channel has.
  package let epoch: Epoch
  /// Offset of the newest message; 0 before the first.
  package let top: Int
  /// The newest messages up to `top`, oldest first. Those with an idempotency key make it known again.
  package let messages: [Held]

  /// - Parameters:
  ///   - epoch: unique to this life of the channel.
  ///   - top: nil is the number of messages.
  ///   - messages: trimmed by the channel's limits like any others.
  /// - Returns: nil when there are more messages than offsets, or no offset is left.
  package init?(epoch: Epoch = .random(), top: Int? = nil, messages: [Held] = []) {
    let top = top ?? messages.count
    guard top >= messages.count, top < Cursor.maxOffset else { return nil }
    self.epoch = epoch
    self.top = top
    self.messages = messages
  }
}

extension LogBeginning {
  /// An empty log with an epoch of its own: everything is lost.
  package static var empty: LogBeginning { LogBeginning(empty: .random()) }

  private init(empty epoch: Epoch) {
    self.epoch = epoch
    top = 0
    messages = []
  }
}
