import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

extension EventStreamDriver: FeedDriver {
  func bytes(of message: Delivery) -> [UInt8] { kind.bytes(of: message) }

  func wrote(_ message: Delivery, to connection: Connection) {
    if kind.isCapped { charge(connection, kind.bodyCount(of: message)) }
  }

  /// Behind what is queued, which is less than a quarter of `queue.soft`: ids only rise.
  func tellReset(_ read: SetRead, of set: ChannelSet, to connection: Connection) {
    let frame = ServerFrame.opening(read, of: set, heartbeat: settings.current.heartbeat)
    write(kind.block(frame, id: read.start.description), to: connection)
  }

  func tell(_ position: Position, to connection: Connection) {
    let cursor = position.description
    // A block with data would be an event to the page.
    let block =
      kind.format == .events ? EventStreamEncoder.block(id: cursor) : kind.block(.cursor(cursor), id: cursor)
    write(block, to: connection)
  }

  private func write(_ block: [UInt8], to connection: Connection) {
    guard connection.isOpen else { return }
    connection.write(bytes: kind.framed(block))
    charge(connection, block.count)
  }

  func join(_ feed: ChannelFeed, _ connection: Connection) { feed.join(connection, kind) }
}
