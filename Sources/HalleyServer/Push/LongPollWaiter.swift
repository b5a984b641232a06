import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// One held poll: its registration, its deadline and its view of the peer, which live and die together.
///
/// Every path ends in `finish`: answered with a batch, expired with a normal empty answer, moved by a drain, or gone.
/// Confined to its loop. RFC 6202 §2.
final class LongPollWaiter {
  /// Index in the feed's list; -1 when not registered.
  var position = -1

  private let exchange: HTTPExchange
  private let feed: ChannelFeed
  private var answer: PollAnswer
  private var deadline: LoopTimer?
  /// The client is present while it waits.
  private var presence: PresenceTicket?
  private let gauges: ServerGauges
  private var isFinished = false
  /// Its place under `limits.perAddress`, if it counts.
  private var seat: AddressCensus.Seat?

  /// Holds a request until something happens.
  ///
  /// - Parameters:
  ///   - answer: what the request found: nothing yet. An expired answer repeats its cursor.
  ///   - milliseconds: the hold, jitter already taken off.
  init(
    holding exchange: HTTPExchange, on feed: ChannelFeed, loop: EventLoop, answer: PollAnswer, milliseconds: UInt64,
    gauges: ServerGauges, seat: AddressCensus.Seat?, presence: PresenceTicket?
  ) {
    self.exchange = exchange
    self.feed = feed
    self.answer = answer
    self.gauges = gauges
    self.seat = seat
    self.presence = presence
    gauges.waiters += 1
    feed.add(self)
    deadline = LoopTimer(loop: loop) { [unowned self] in expire() }
    deadline?.arm(afterMilliseconds: milliseconds)
    exchange.holdWithoutText { [self] in finish() }
  }

  /// The first messages after the cursor have arrived.
  func answer(_ bodies: inout PollBodies) {
    guard finish() else { return }
    answer.send(bodies.body(for: answer), on: exchange)
  }

  /// Channels begin a new epoch: what the request has found no longer holds, and it is answered at once.
  ///
  /// - Parameter bodies: of no messages.
  func answer(_ reset: SetRead, _ bodies: inout PollBodies) {
    answer.arrival = reset
    answer(&bodies)
  }

  /// The hold is over: a normal answer, the poll's heartbeat.
  private func expire() {
    guard finish() else { return }
    answer.sendEmpty(on: exchange)
  }

  /// The server wants the client to come back later.
  func move(reason: String, retry: Int) {
    guard finish() else { return }
    answer.sendMove(reason: reason, retry: retry, on: exchange)
  }

  /// Gives everything back, once.
  @discardableResult
  private func finish() -> Bool {
    if isFinished { return false }
    isFinished = true
    answer.arrival.delivery = feed.delivery
    gauges.waiters -= 1
    seat = nil
    deadline?.cancel()
    feed.remove(self)
    presence = nil
    return true
  }
}
