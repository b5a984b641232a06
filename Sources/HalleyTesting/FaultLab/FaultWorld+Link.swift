/// The link as the server sees it.
extension FaultWorld {
  func write(_ connection: LabConnection, _ bytes: [UInt8]) {
    guard connection.serverOpen else { return }
    connection.down.write(bytes)
    connection.lastOutput = now
  }

  /// Puts on its way what the link takes.
  func pump(_ connection: LabConnection) {
    guard !connection.isCut else { return }
    let link = connection.subscriber
    while let (arrival, end) = connection.down.send(
      window: setup.window, piece: link.pieces, now: now, delay: link.delay)
    {
      queue.push(.toClient(connection, upTo: end), at: arrival)
    }
    if let end = connection.endsAt, connection.down.sent == end {
      connection.endsAt = nil
      queue.push(.clientEnd(connection), at: connection.down.quiet(after: now))
    }
    watchQueue(connection)
  }

  /// The client has read up to here.
  func taken(_ connection: LabConnection) { if connection.serverOpen { drained(connection) } else { pump(connection) } }

  /// Breaks a connection: what is on its way is lost, both sides are told.
  func cut(_ connection: LabConnection) {
    guard !connection.isCut else { return }
    connection.isCut = true
    queue.push(.clientEnd(connection), at: now + .random(in: 0...50, using: &connection.random))
    queue.push(.serverEnd(connection), at: now + .random(in: 0...2_000, using: &connection.random))
  }

  /// The server knows that the connection is gone.
  func serverLost(_ connection: LabConnection) {
    connection.serverOpen = false
    connection.stage = .ended
    guard let feed = connection.feed else { return }
    connection.feed = nil
    feed.live.removeAll { $0 === connection }
    feed.held.removeAll { $0 === connection }
    left(feed)
  }
}
