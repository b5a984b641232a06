/// The distribution engine behind the channels of many nodes.
///
/// A channel without one is of a single process: the log in memory is the truth, fan-out happens in the same loop turn, and a
/// restart loses history, which every returning cursor is told by `reset(epoch)`.
///
/// A broker alone appends: it decides on order and idempotency, and calls `channel.log` when a message has its place.
/// Subscribers never talk to it; they attach to the log.
package protocol Broker: AnyObject, Sendable {
  /// Stores a message, then calls `done` exactly once, at once or later, on any thread.
  ///
  /// Success means that the message is in the log. `PublishError.refused` means that nothing was stored,
  /// `PublishError.unknown` that it may be.
  func publish(
    _ draft: MessageDraft, to channel: Channel, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  )

  /// The channel has its first sink on this node. Called under the log's lock: must only enqueue.
  func subscribe(_ channel: Channel)

  /// The channel has no sink left on this node. Called under the log's lock: must only enqueue.
  func unsubscribe(_ channel: Channel)
}
