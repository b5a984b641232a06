import HalleyChannels
import HalleyEventLoop

/// Keeps the members of one loop's connections: a ticket for each connection that counts, a timer for each member whose
/// last connection has ended. Connections of routes without presence cost nothing here. Confined to its loop.
final class PresenceDesk {
  private struct Member: Hashable {
    let channel: ObjectIdentifier
    let user: String
  }

  private struct Watch {
    /// A channel that nobody uses may be forgotten, and its members with it: clients choose how many there are.
    weak var channel: Channel?
    let timer: LoopTimer
  }

  /// Most members of this loop that have no connection: as many as come and go in half a minute of `admission.rate`.
  private static let mostWatches = 1 << 17

  private let loop: EventLoop
  private var tickets: [Connection: PresenceTicket] = [:]
  private var watches: [Member: Watch] = [:]
  private var isClosed = false

  init(loop: EventLoop) { self.loop = loop }

  /// Whether one more member may come and go.
  var hasRoom: Bool { watches.count < Self.mostWatches }

  /// Keeps a ticket for as long as a detached connection lasts.
  func hold(_ ticket: PresenceTicket?, for connection: Connection) {
    if let ticket { tickets[connection] = ticket }
  }

  /// A detached connection has ended.
  func ended(_ connection: Connection) {
    if !tickets.isEmpty { tickets[connection] = nil }
  }

  /// The loop stops: whoever is only here leaves now.
  func close() {
    isClosed = true
    tickets = [:]
    let left = watches
    watches = [:]
    for (member, watch) in left { _ = watch.channel?.expire(member.user, now: .max) }
  }

  /// A user's connection has ended.
  ///
  /// - Parameter stay: how long the user stays a member without one, milliseconds.
  fileprivate func leave(_ channel: Channel, _ user: String, stay: UInt64) {
    let stay = isClosed ? 0 : stay
    guard channel.leave(user, until: MonotonicTime.clock() + stay) else { return }
    if isClosed {
      _ = channel.expire(user, now: .max)
    } else {
      watch(channel, user, for: stay)
    }
  }

  private func watch(_ channel: Channel, _ user: String, for milliseconds: UInt64) {
    let member = Member(channel: ObjectIdentifier(channel), user: user)
    let timer = LoopTimer(loop: loop) { [unowned self] in look(member) }
    watches[member] = Watch(channel: channel, timer: timer)
    timer.arm(afterMilliseconds: milliseconds)
  }

  /// A member's time may be over.
  private func look(_ member: Member) {
    let now = MonotonicTime.clock()
    if let watch = watches[member], let until = watch.channel?.expire(member.user, now: now) {
      watch.timer.arm(afterMilliseconds: until - now)
    } else {
      watches[member] = nil
    }
  }
}

/// One connection of one user: the user is a member while it lasts, and for a while afterwards.
final class PresenceTicket {
  private weak var desk: PresenceDesk?
  private let channel: Channel
  private let user: String
  private let stay: UInt64

  /// - Parameters:
  ///   - stay: how long the user stays a member after this connection, milliseconds.
  ///   - limit: most members of the channel.
  /// - Returns: nil when the channel is full.
  init?(_ desk: PresenceDesk, _ channel: Channel, _ user: String, stay: Int, limit: Int) {
    guard channel.arrive(user, limit: limit) else { return nil }
    self.desk = desk
    self.channel = channel
    self.user = user
    self.stay = UInt64(max(0, stay))
  }

  /// Whoever held it has let go: the connection has ended, or never came about.
  deinit { desk?.leave(channel, user, stay: stay) }
}
