/// The distribution engine behind the channels of many nodes.
///
/// A channel without one is of a single process: the log in memory is the truth, fan-out happens in the same loop turn,
/// and a restart loses history, which every returning cursor is told by `reset(epoch)`.
///
/// A broker alone appends: it decides on order and idempotency, and calls `channel.log` when a message has its place.
/// Subscribers never talk to it; they attach to the log.
///
/// It may be away, and come back with other data. Then it tells the log: `channel.log.delivery` while it cannot be
/// reached and when it is back, `channel.log.restart(_:)` when what the log holds is not what the broker holds. Each of
/// these takes the log's lock, as does appending; a lock of the broker's own may be held meanwhile, and must therefore
/// never be taken by `subscribe` and `unsubscribe`.
///
/// A channel that a client has named may be forgotten when nobody holds it: between `unsubscribe` and `subscribe` a
/// broker holds channels weakly.
package protocol Broker: AnyObject, Sendable {
  /// Stores a message, then calls `done` exactly once, at once or later, on any thread.
  ///
  /// Success means that the message is in the log, with the id that it has there. `PublishError.refused` means that
  /// nothing was stored, `PublishError.unknown` that it may be. Not called under a lock of the channel's.
  func publish(
    _ draft: MessageDraft, to channel: Channel, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  )

  /// The channel has its first sink on this node. Called under the log's lock: must only enqueue.
  func subscribe(_ channel: Channel)

  /// The channel has no sink on this node: the last one has left, or the broker is new. Called under the log's lock:
  /// must only enqueue.
  func unsubscribe(_ channel: Channel)
}
