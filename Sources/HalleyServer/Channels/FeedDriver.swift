import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// What a feed asks of the drivers of its subscribers' connections: to say things in the form of their transport.
protocol FeedDriver: ConnectionDriver {
  /// What happens to those who read more slowly than their channels speak.
  var backpressure: BackpressurePolicy { get }
  /// `queue.soft` in force, bytes.
  var soft: Int { get }
  /// `queue.messages` in force.
  var mostMessages: Int { get }

  /// A message as it leaves.
  func bytes(of message: Delivery) -> [UInt8]
  /// A message has been written to a connection that is not live.
  func wrote(_ message: Delivery, to connection: Connection)
  /// Some channels go on at the start of `reset` without what lies before. Encoded once; it goes behind what is queued.
  func tellReset(_ reset: SetRead, of set: ChannelSet, to connections: [Connection])
  /// Whether messages arrive. Encoded once; nothing where frames cannot say it.
  func tell(_ delivery: DeliveryStatus, to connections: [Connection])
  /// Nothing visible lies before the position (rule R4).
  func tell(_ position: Position, to connection: Connection)
  /// The connection has caught up and joins those who get the channels live.
  func join(_ feed: ChannelFeed, _ connection: Connection)
}

extension FeedDriver {
  /// Most of a replay that is written at once, payload bytes; the rest follows as the connection takes it.
  var firstBatch: ReplayLimits { ReplayLimits(messages: mostMessages, bytes: max(1, soft / 4)) }

  /// Puts the settings in force as the engine's limits.
  func limitQueues(_ settings: Settings) {
    lowQueueLimit = max(1, settings.queueSoft / 4)
    softQueueLimit = backpressure == .disconnect ? .max : settings.queueSoft
    softQueueMessages = settings.queueMessages
  }
}

/// What happens to a subscriber that reads more slowly than its channels speak (delivery contract §10).
package enum BackpressurePolicy: Sendable, Hashable {
  /// No live copies at the soft limit; refilled from the log.
  case skipAndResume
  /// The same, and of waiting messages with one key only the newest is sent.
  case conflate
  /// Nothing at the soft limit, the end at the hard one.
  case disconnect
}

extension ChannelEndpoint {
  /// The policy in force for one of the route's transports.
  ///
  /// - Parameter isRaw: payloads alone cannot tell a gap, and without history there is nothing to refill from.
  func backpressure(_ settings: Settings, isRaw: Bool) -> BackpressurePolicy {
    var hasHistory = settings.historyMessages > 0
    if case .fixed(let set) = source, !set.isSingle {
      hasHistory = set.channels.allSatisfy { $0.log.limits.historyMessages > 0 }
    }
    if policy == .skipAndResume, isRaw || !hasHistory { return .disconnect }
    return policy
  }
}
