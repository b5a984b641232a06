package import HalleyProtocols

/// What one poll is answered with, as a value: no socket, no clock, no log. Whoever serves the poll decides when.
///
/// 1. Attach to the logs and read from the request's cursor within `limits`. When the read `answersAtOnce`, or the poll
/// is
///    not to be held, the answer is `found`.
/// 2. Else the poll is held, and ends in one of three ways: a turn's messages have come (`answered`), its time is over
///    (`expired`), or the client is sent away (`moved`).
package struct PollReply: Sendable {
  /// How the answer frames what it says.
  package enum Form: Sendable {
    /// The JSON object of a poll.
    case object
    /// The same in a call of a validated callback.
    case script(JSONPCallback)
    /// The whole body of a stream that ends after its first batch: event sources and frames in polling mode.
    case stream(StreamText)
  }

  package let form: Form
  /// How the request's cursor was met on arrival, and where it stands. No messages, if the poll is held.
  package var arrival: SetRead
  /// The channels that were asked for.
  package let set: ChannelSet
  /// When an event source comes back, milliseconds.
  package let interval: Int

  /// An event source comes back so soon, milliseconds, when there is more to fetch or it is held again anyway.
  package static let promptly = 100

  package init(form: Form, arrival: SetRead, of set: ChannelSet, interval: Int) {
    self.form = form
    self.arrival = arrival
    self.set = set
    self.interval = interval
  }

  /// A batch, a reset, or the empty answer of a short poll.
  package func found() -> [UInt8] {
    // In the text of a stream the reset and each message have their own place; a poll's object has one cursor.
    let read = if case .stream = form { arrival } else { arrival.resetAlone }
    return body(read.deliveries(of: set)[...], more: read.more, cursor: read.end)
  }

  /// The first messages after the cursor have come: as much of them as fits one answer. The rest is there for the next
  /// poll.
  ///
  /// - Parameter run: a turn's messages, in each channel in order; none for a reset.
  package func answered(with run: [Delivery], within limits: ReplayLimits) -> [UInt8] {
    let messages = Delivery.batch(run, limits)
    return body(messages, more: messages.count < run.count, cursor: messages.last?.position ?? arrival.end)
  }

  /// Nothing happened: the cursor stays.
  package func expired() -> [UInt8] { body([], more: false, cursor: arrival.end) }

  /// The server wants the client to come back after `retry` milliseconds; the cursor stays.
  package func moved(reason: String, retry: Int) -> [UInt8] {
    if case .stream(let text) = form { return text.moved(arrival, of: set, reason: reason, retry: retry) }
    return body([], more: false, cursor: arrival.end, retry: retry)
  }

  /// The body with these messages; `cursor` is the position after them.
  private func body(_ messages: ArraySlice<Delivery>, more: Bool, cursor: Position, retry: Int = 0) -> [UInt8] {
    func object() -> [UInt8] {
      PollObject.encode(arrival, of: set, messages, cursor: cursor, more: more, retry: retry)
    }
    return switch form {
    case .object: object()
    case .script(let callback): JSONPBody.wrap(object(), in: callback)
    case .stream(let text): text.brief(arrival, of: set, Array(messages), retry: more ? Self.promptly : interval)
    }
  }
}
