import HalleyChannels

/// A message on its way to subscribers of a set of channels who stand at the same position.
struct Delivery {
  let set: ChannelSet
  let entry: SetRead.Entry
  /// Where they stand once they have it.
  let position: Position

  /// The bytes of one wire form.
  func encoded(_ encoding: MessageEncoding) -> [UInt8] { set.encode(entry, encoding, at: position) }
}

extension SetRead {
  /// The messages with the reader's position after each.
  func deliveries(of set: ChannelSet) -> [Delivery] {
    var all: [Delivery] = []
    all.reserveCapacity(messages.count)
    forEach { all.append(Delivery(set: set, entry: $0, position: $1)) }
    return all
  }
}
