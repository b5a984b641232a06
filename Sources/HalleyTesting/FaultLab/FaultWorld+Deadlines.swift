import HalleyChannels
import HalleyProtocols

/// The server's deadlines: heartbeats, pings, rotation, and the ends of those who do not read.
extension FaultWorld {
  /// `rotate`, milliseconds.
  static let rotateTime = 600_000
  private static let stallTime: UInt64 = 30_000
  private static let pingTime: UInt64 = 20_000
  private static let pongTimeout: UInt64 = 10_000
  /// Without a subscriber for so long, a feed lets go of its channels, milliseconds.
  private static let idleTime: UInt64 = 250
  /// How long before its rotation the planted stream gets nothing more.
  private static let muteTime = 60_000

  func beginDeadlines(_ connection: LabConnection) {
    guard connection.stage.isOpen else { return }
    connection.pace = .random(in: 90...110, using: &connection.random)
    deadline(connection)
  }

  func deadline(_ connection: LabConnection) {
    guard connection.serverOpen, connection.stage.isOpen else { return }
    let next = connection.kind.map { judge(connection, $0) } ?? judgeSocket(connection)
    if let next { queue.push(.deadline(connection), at: next) }
  }

  /// Heartbeats and the rotation of a stream. Returns when to look again; nil when it has ended.
  private func judge(_ connection: LabConnection, _ kind: StreamKind) -> UInt64? {
    let rotate = fault == .neverRotated ? 0 : Self.rotateTime
    switch connection.life.due(
      now: now, lastOutput: connection.lastOutput, heartbeat: Self.heartbeatTime, rotate: rotate)
    {
    case .wait(let time): return time
    case .beat(let next):
      if fault != .heartbeatForgotten || connection.beats == 0 { write(connection, kind.framed(kind.heartbeat)) }
      connection.beats += 1
      charge(connection, kind.heartbeat.count)
      pump(connection)
      return next
    case .rotate:
      report.rotations += 1
      if fault == .rotationLoses, let feed = connection.feed { tell(connection, feed.position) }
      end(connection, reason: "rotate", retry: .random(in: 0...1_000, using: &connection.random))
      return nil
    }
  }

  /// Pings, and heartbeats in frames, which a page can see.
  private func judgeSocket(_ connection: LabConnection) -> UInt64? {
    var next: UInt64
    switch connection.keepAlive.judge(
      now: now, lastInput: connection.lastInput, interval: Self.pingTime * UInt64(connection.pace) / 100,
      pongTimeout: Self.pongTimeout, isPaused: false)
    {
    case .wait(let time): next = time
    case .ping(let time):
      next = time
      let lastOutput = connection.lastOutput
      write(connection, WebSocketFrameEncoder.encode(0x89, [0, 0, 0, 0, 0, 0, 0, 7]))
      // Browsers hide pings from their pages.
      connection.lastOutput = lastOutput
    case .fail:
      report.deadLinks += 1
      cut(connection)
      serverLost(connection)
      return nil
    }
    if connection.transport == .webSocket {
      let interval = UInt64(Self.heartbeatTime)
      if now >= connection.lastOutput + interval {
        if fault != .heartbeatForgotten || connection.beats == 0 {
          write(connection, WebSocketFrameEncoder.encode(0x81, ServerFrame.heartbeat.json))
        }
        connection.beats += 1
        connection.lastOutput = now
      }
      next = min(next, connection.lastOutput + interval)
    }
    pump(connection)
    return next
  }

  /// The planted stream that is quiet before it rotates.
  func isRotationPlanted(_ connection: LabConnection) -> Bool {
    guard fault == .rotationLoses, connection.kind != nil else { return false }
    return connection.life.due(
      now: now + UInt64(Self.muteTime), lastOutput: now, heartbeat: Self.heartbeatTime, rotate: Self.rotateTime)
      == .rotate
  }

  // MARK: Those who do not read

  /// Something waits: when nothing of it leaves for too long, the connection ends.
  func watchQueue(_ connection: LabConnection) {
    guard connection.down.queued > 0, !connection.isQueueWatched, connection.serverOpen else { return }
    connection.isQueueWatched = true
    connection.lastDrained = now
    queue.push(.stalled(connection), at: now + Self.stallTime)
  }

  func stalled(_ connection: LabConnection) {
    connection.isQueueWatched = false
    guard connection.serverOpen, connection.down.queued > 0 else { return }
    if now >= connection.lastDrained + Self.stallTime { return cut(connection) }
    connection.isQueueWatched = true
    queue.push(.stalled(connection), at: connection.lastDrained + Self.stallTime)
  }

  /// The last words have had their time.
  func unflushed(_ connection: LabConnection) { if connection.endsAt != nil, connection.serverOpen { cut(connection) } }

  // MARK: Feeds

  /// Somebody who did not stay has asked, or a subscriber has gone.
  func left(_ feed: LabFeed) {
    guard feed.isUnused || fault == .releasedInUse else { return }
    feed.idles += 1
    queue.push(.idle(feed, generation: feed.idles), at: now + Self.idleTime)
  }

  func idleElapsed(_ feed: LabFeed, _ generation: Int) {
    guard let loop = feeds.firstIndex(where: { $0 === feed }) else { return }
    guard feed.isUnused && feed.idles == generation || fault == .releasedInUse else { return }
    report.releases += 1
    feed.detach()
    feeds[loop] = nil
  }
}
