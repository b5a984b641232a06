import Synchronization

/// One receiver of a channel's new messages: usually one loop's feed, whatever number of subscribers it serves.
package protocol ChannelSink: AnyObject, Sendable {
  /// A message was appended, or a new epoch begins: then it is a mark (``Message/opensEpoch``). Called under the log's
  /// lock, in the log's order, from any thread: must only enqueue, and must not call the log.
  func received(_ message: Message)

  /// The log's `delivery` is another one. Called under the log's lock, from any thread: must only see to it that
  /// somebody looks later.
  func deliveryChanged()

  /// Hands over what was received and not yet handed on. Called under the log's lock.
  func takePending() -> [Message]
}

/// A sink that keeps messages until its owner takes them, with one wake-up per batch.
package final class MessageInbox: ChannelSink {
  private let pending = Mutex<[Message]>([])
  private let wake: @Sendable () -> Void
  private let lookAtDelivery: @Sendable () -> Void

  /// Both are called under the log's lock, so they must only schedule.
  ///
  /// - Parameters:
  ///   - wake: called when the first message of a batch has come, so that somebody takes the batch.
  ///   - deliveryChanged: called when the log's `delivery` has changed.
  package init(wake: @escaping @Sendable () -> Void, deliveryChanged: @escaping @Sendable () -> Void = {}) {
    self.wake = wake
    lookAtDelivery = deliveryChanged
  }

  package func received(_ message: Message) {
    let first = pending.withLock { list in
      list.append(message)
      return list.count == 1
    }
    if first { wake() }
  }

  package func deliveryChanged() { lookAtDelivery() }

  /// What has come since the last call, in order; empty when an attach has taken it over meanwhile.
  package func takePending() -> [Message] {
    pending.withLock { list in
      let taken = list
      list = []
      return taken
    }
  }
}
