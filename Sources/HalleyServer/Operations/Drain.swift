import HalleyEventLoop

/// How a server sends its clients away: in so many batches, two seconds apart, each spread over a time.
struct DrainPace: Sendable, Equatable {
  /// Between two batches, milliseconds.
  static let interval = 2_000
  /// What the last batch gets to say its goodbyes, milliseconds.
  static let farewell = 5_000

  let batches: Int
  /// Milliseconds over which the clients of one batch come back.
  let spread: Int

  /// - Parameters:
  ///   - clients: on all loops.
  ///   - rate: how many should come back in a second.
  ///   - window: when everything must be over, milliseconds. It wins over the rate.
  init(clients: Int, rate: Int, window: Int) {
    let batch = rate * Self.interval / 1_000
    let wanted = (clients + batch - 1) / max(1, batch)
    let possible = max(1, (window - Self.farewell) / Self.interval)
    batches = max(1, min(wanted, possible))
    let perBatch = (clients + batches - 1) / batches
    spread = max(RetrySlots.leastSpread, perBatch * 1_000 / max(1, rate))
  }
}

/// Sends the clients of one loop away. Confined to it.
final class LoopDrain {
  private unowned let server: ServerLoop
  private let pace: DrainPace
  private var batchesLeft: Int
  private var timer: LoopTimer?

  init(_ server: ServerLoop, _ pace: DrainPace) {
    self.server = server
    self.pace = pace
    batchesLeft = pace.batches
    timer = LoopTimer(loop: server.loop) { [unowned self] in step() }
    step()
  }

  /// An equal share of those who are left; the last batch is everybody.
  private func step() {
    let waiters = server.waiters
    var connections: [Connection] = []
    server.loop.forEachConnection { if $0.isOpen { connections.append($0) } }
    let count = (waiters.count + connections.count + batchesLeft - 1) / max(1, batchesLeft)
    let slots = RetrySlots(count: count, spread: pace.spread)
    var index = 0
    for waiter in waiters.prefix(count) {
      waiter.move(reason: "drain", retry: slots.retry(index))
      index += 1
    }
    for connection in connections.prefix(count - index) {
      Self.sendAway(connection, retry: slots.retry(index))
      index += 1
    }
    batchesLeft -= 1
    if batchesLeft > 0 { timer?.arm(afterMilliseconds: UInt64(DrainPace.interval)) }
  }

  private static func sendAway(_ connection: Connection, retry: Int) {
    switch connection.driver {
    case let stream as EventStreamDriver: stream.end(connection, reason: "drain", retry: retry)
    case is WebSocketDriver:
      WebSocketConnection(connection).close(code: .serviceRestart, reason: #"{"retry":\#(retry),"reason":"drain"}"#)
    default: connection.closeAfterFlush(within: UInt64(DrainPace.farewell))
    }
  }
}
