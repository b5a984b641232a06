package import HalleyChannels
import Synchronization

/// A broker that does what a test tells it: it goes away and comes back, answers late, leaves the outcome open,
/// refuses, loses its data. Its log is the channel's, as without a broker.
///
/// It knows the channels that have been subscribed or published to since they use it. Any thread.
package final class ScriptedBroker: Broker {
  /// What becomes of a publish.
  package enum Reply: Sendable, Hashable {
    /// Appended and answered at once.
    case atOnce
    /// Answered by ``release()``; appended at once when it is stored, and by ``release()`` when it is not.
    case late(isStored: Bool)
    /// Answered with `PublishError.refused`.
    case refused
    /// Answered with `PublishError.unknown`, appended or not.
    case unknown(isStored: Bool)
  }

  private struct State {
    var reply = Reply.atOnce
    var isAway = false
    var known: [ObjectIdentifier: Known] = [:]
    var held: [@Sendable () -> Void] = []

    /// The channels that are still there.
    var channels: [Channel] { known.values.compactMap(\.channel) }

    mutating func know(_ channel: Channel) { known[ObjectIdentifier(channel)] = Known(channel: channel) }
  }

  private struct Known {
    weak var channel: Channel?
  }

  private let state = Mutex(State())

  /// It is there and answers at once.
  package init() {}

  /// What becomes of a publish from now on, unless the broker is away.
  package var reply: Reply {
    get { state.withLock { $0.reply } }
    set { state.withLock { $0.reply = newValue } }
  }

  // MARK: What a test does

  /// Goes away: delivery is degraded, publishing is refused.
  package func leave() {
    // The lock is held meanwhile, so that a channel that is subscribed to now is told the same.
    state.withLock { state in
      state.isAway = true
      for channel in state.channels { channel.log.delivery = .degraded }
    }
  }

  /// Comes back with the data that it had.
  package func comeBack() {
    state.withLock { state in
      state.isAway = false
      for channel in state.channels { channel.log.delivery = .live }
    }
  }

  /// Comes back with other data: every channel begins a new epoch, then delivery is live.
  package func comeBack(with beginning: @Sendable (Channel) -> LogBeginning) {
    state.withLock { state in
      state.isAway = false
      for channel in state.channels {
        channel.log.restart(beginning(channel))
        channel.log.delivery = .live
      }
    }
  }

  /// Answers what it has kept, in order.
  package func release() {
    let held = state.withLock { state in
      defer { state.held = [] }
      return state.held
    }
    for answer in held { answer() }
  }

  /// How many answers it keeps.
  package var heldCount: Int { state.withLock { $0.held.count } }

  /// How many channels it knows.
  package var channelCount: Int { state.withLock { $0.channels.count } }

  // MARK: What channels ask

  package func publish(
    _ draft: MessageDraft, to channel: Channel, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  ) {
    let reply = state.withLock { state in
      state.know(channel)
      return state.isAway ? .refused : state.reply
    }
    switch reply {
    case .atOnce: done(.success(channel.log.append(draft)))
    case .late(isStored: true):
      let receipt = channel.log.append(draft)
      state.withLock { $0.held.append { done(.success(receipt)) } }
    case .late(isStored: false):
      state.withLock { $0.held.append { done(.success(channel.log.append(draft))) } }
    case .refused: done(.failure(.refused))
    case .unknown(let isStored):
      if isStored { _ = channel.log.append(draft) }
      done(.failure(.unknown))
    }
  }

  package func subscribe(_ channel: Channel) {
    // The log's lock is held, and comes after this broker's.
    Task {
      state.withLock { state in
        state.know(channel)
        channel.log.delivery = state.isAway ? .degraded : .live
      }
    }
  }

  package func unsubscribe(_ channel: Channel) {}
}
