import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

extension EventStreamDriver: FeedDriver {
  func bytes(of message: Delivery) -> [UInt8] { kind.bytes(of: message) }

  func wrote(_ message: Delivery, to connection: Connection) {
    if kind.isCapped { charge(connection, kind.bodyCount(of: message)) }
  }

  /// Behind what is queued: ids only rise, and of the old epoch nothing comes later.
  func tellReset(_ read: SetRead, of set: ChannelSet, to connections: [Connection]) {
    let frame = ServerFrame.opening(read, of: set, heartbeat: settings.current.heartbeat)
    write(kind.block(frame, id: read.start.description), to: connections)
  }

  func tell(_ delivery: DeliveryStatus, to connections: [Connection]) {
    write(kind.block(.status(delivery)), to: connections)
  }

  func tell(_ position: Position, to connection: Connection) {
    let cursor = position.description
    // A block with data would be an event to the page.
    let block =
      kind.format == .events ? EventStreamEncoder.block(id: cursor) : kind.block(.cursor(cursor), id: cursor)
    write(block, to: [connection])
  }

  private func write(_ block: [UInt8], to connections: [Connection]) {
    let bytes = kind.framed(block)
    for connection in connections where connection.isOpen {
      connection.write(bytes: bytes)
      charge(connection, block.count)
    }
  }

  func join(_ feed: ChannelFeed, _ connection: Connection) { feed.join(connection, kind) }
}
