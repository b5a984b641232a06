import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// A subscriber of a feed that is not live: it gets no live copies, and the log is read for it as its queue drains.
struct Laggard {
  var refill: Refill
  let driver: any FeedDriver
  /// Is on the list of those whose turn it is.
  var isReady = false
}

extension ChannelFeed {
  /// Takes a new subscriber that has been sent what was read: it is live, or the rest of its replay is still to come.
  func admit(_ connection: Connection, _ driver: any FeedDriver, _ read: SetRead) {
    if read.more {
      // A replay is what the client has asked for: nothing of it is conflated.
      fallBehind(connection, driver, Refill(at: read.end))
    } else {
      driver.join(self, connection)
    }
  }

  /// Subscribers for whom too much waits: everything up to the position is queued for them, nothing after it.
  func fallBehind(_ connections: [Connection], at position: @autoclosure () -> Position) {
    guard !connections.isEmpty else { return }
    let position = position()
    for connection in connections {
      guard let driver = connection.driver as? any FeedDriver else { continue }
      fallBehind(connection, driver, Refill(at: position, conflates: driver.backpressure == .conflate))
    }
  }

  private func fallBehind(_ connection: Connection, _ driver: any FeedDriver, _ refill: Refill) {
    guard connection.isOpen else { return }
    keepAlive()
    laggards[connection] = Laggard(refill: refill, driver: driver)
    connection.awaitRoom()
    hasRoom(connection)
  }

  /// Refills a subscriber at the end of the turn, if little enough waits for it.
  func hasRoom(_ connection: Connection) {
    guard let laggard = laggards[connection], !laggard.isReady, isDue(connection, laggard.driver) else { return }
    laggards[connection]?.isReady = true
    ready.append(connection)
    wake()
  }

  /// Refills those who have room, one batch each.
  func refillReady() {
    let due = ready
    ready = []
    for connection in due {
      guard var laggard = laggards[connection] else { continue }
      laggard.isReady = false
      refill(connection, &laggard)
      guard connection.isOpen, laggards[connection] != nil else {
        laggards[connection] = nil
        continue
      }
      laggards[connection] = laggard
      if laggard.refill.isCaughtUp {
        laggards[connection] = nil
        laggard.driver.join(self, connection)
      } else {
        hasRoom(connection)
      }
    }
  }

  private func isDue(_ connection: Connection, _ driver: any FeedDriver) -> Bool {
    let queued = connection.queuedBytes
    return queued == 0 || !relief.isWatching && Refill.isDue(queued: queued, soft: driver.soft)
  }

  private func refill(_ connection: Connection, _ laggard: inout Laggard) {
    let driver = laggard.driver
    let budget = max(1, driver.soft / 2)
    let batch = ReplayLimits(messages: driver.mostMessages, bytes: budget)
    // As an attachment: what is pending goes to those who are live, so that whoever catches up here stands with them.
    let read = attach(
      at: laggard.refill.position.point, replay: .unlimited, batch: laggard.refill.readLimits(batch))
    if !read.resets.isEmpty {
      driver.tellReset(read, of: set, to: [connection])
      // A socket without frames says goodbye instead.
      guard laggards[connection] != nil else { return }
    }
    var written = 0
    let cursor = laggard.refill.take(read) { entry, position in
      let message = Delivery(set: set, entry: entry, position: position)
      let bytes = driver.bytes(of: message)
      guard connection.isOpen, written == 0 || written + bytes.count <= budget else { return false }
      connection.write(bytes: bytes)
      written += bytes.count
      driver.wrote(message, to: connection)
      return true
    }
    if let cursor { driver.tell(cursor, to: connection) }
  }
}
