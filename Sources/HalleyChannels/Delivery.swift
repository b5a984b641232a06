/// A message on its way to subscribers of a set of channels who stand at the same position.
package struct Delivery: Sendable {
  package let set: ChannelSet
  package let entry: SetRead.Entry
  /// Where they stand once they have it.
  package let position: Position

  package init(set: ChannelSet, entry: SetRead.Entry, position: Position) {
    self.set = set
    self.entry = entry
    self.position = position
  }

  /// The bytes of one wire form.
  package func encoded(_ encoding: MessageEncoding) -> [UInt8] { set.encode(entry, encoding, at: position) }

  /// As many of a run as fit one batch, at least one.
  package static func batch(_ run: [Delivery], _ limits: ReplayLimits) -> ArraySlice<Delivery> {
    var bytes = 0
    var count = 0
    for delivery in run {
      bytes += delivery.entry.message.size
      if count > 0, count >= limits.messages || bytes > limits.bytes { break }
      count += 1
    }
    return run.prefix(count)
  }
}

extension SetRead {
  /// The messages with the reader's position after each.
  package func deliveries(of set: ChannelSet) -> [Delivery] {
    var all: [Delivery] = []
    all.reserveCapacity(messages.count)
    forEach { all.append(Delivery(set: set, entry: $0, position: $1)) }
    return all
  }
}

extension ChannelSet {
  /// What has come since the last run, for those who stand at the position.
  ///
  /// - Parameter pending: for each channel its messages, in order.
  package func deliveries(_ pending: [[Message]], from position: Position) -> [Delivery] {
    var all: [Delivery] = []
    var position = position
    for (channel, messages) in pending.enumerated() {
      for message in messages {
        position.pass(message.id, of: channel)
        all.append(
          Delivery(set: self, entry: SetRead.Entry(channel: channel, message: message), position: position))
      }
    }
    return all
  }
}
