/// The channels of one subscription, 1 to 16, in the order in which its route names them.
///
/// Equal when they are the same channels in the same order.
package struct ChannelSet: Sendable {
  /// Most channels of one set: as many as a cursor has entries.
  package static let maxChannels = 16

  package let channels: [Channel]

  /// - Parameter channels: 1 to 16 different ones, which whoever declares them has checked.
  package init(_ channels: [Channel]) { self.channels = channels }

  /// A set of one.
  package init(_ channel: Channel) { channels = [channel] }

  /// With one channel the cursor is the message's own id, and frames do not name the channel.
  package var isSingle: Bool { channels.count == 1 }

  /// The channel that a publisher means: the one of that name, or the only one when it names none.
  package func target(_ name: String?) -> Channel? {
    guard let name else { return isSingle ? channels[0] : nil }
    return channels.first { $0.name == name }
  }

  /// The names of the channels that are reset, as frames tell them; none when there is only one channel to mean.
  package func names(of resets: [SetRead.Reset]) -> [String] {
    isSingle ? [] : resets.map { channels[$0.channel].name }
  }

  /// Degraded when one of the channels is.
  package var delivery: DeliveryStatus { channels.contains { $0.log.delivery == .degraded } ? .degraded : .live }

  /// The newest position of all channels.
  package var top: Position { Position(channels.map(\.log.top)) }
}

extension ChannelSet: Hashable {
  package static func == (left: ChannelSet, right: ChannelSet) -> Bool {
    left.channels.count == right.channels.count && zip(left.channels, right.channels).allSatisfy { $0 === $1 }
  }

  package func hash(into hasher: inout Hasher) {
    for channel in channels { hasher.combine(ObjectIdentifier(channel)) }
  }
}
