import HTTPTypes
import HalleyChannels
import HalleyProtocols

/// How one poll wants its answer, and the fields its origin needs (delivery contract §7.1–§7.5).
struct PollStyle {
  enum Form {
    /// The JSON object of a poll.
    case object
    /// The same in a call of a validated callback.
    case script(JSONPCallback)
    /// The whole body of a stream that ends after its first batch: event sources and frames in polling mode.
    case stream(StreamOpening)
  }

  var form: Form
  /// Fields of the route's CORS decision.
  var fields: [(String, String)]
  /// Most that one answer carries.
  var limits: ReplayLimits
  /// When an event source comes back, milliseconds.
  var interval: Int

  /// An event source comes back so soon, milliseconds, when there is more to fetch or it is held again anyway.
  static let promptly = 100

  /// How the answer frames its messages, if it is a stream's.
  var opening: StreamOpening? {
    if case .stream(let opening) = form { return opening }
    return nil
  }

  /// The head of the answer alone.
  func sendHead(on exchange: HTTPExchange) {
    // The length of an answer that has not been made is not zero (RFC 9110 §8.6).
    exchange.beginStream(status: 200, fields: httpFields)
    exchange.end()
  }

  var httpFields: HTTPFields {
    var all: HTTPFields
    switch form {
    case .object: all = Self.plainFields
    case .script: all = Self.scriptFields
    case .stream(let opening): return opening.httpFields
    }
    all.append(contentsOf: HTTPFields(fields))
    return all
  }

  private static let plainFields: HTTPFields = [
    .contentType: "application/json; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
  ]

  private static let scriptFields = HTTPFields(JSONPBody.fields)
}

/// One poll's answer: how it is wanted, and what the request found.
struct PollAnswer {
  let style: PollStyle
  /// How the request's cursor was met on arrival, and where it stands. No messages, if the poll is held; then it says
  /// in the end whether messages arrive.
  var arrival: SetRead
  /// The channels that were asked for.
  let set: ChannelSet

  /// A batch, a reset, or the empty answer of a short poll.
  func send(on exchange: HTTPExchange) {
    // In the text of a stream the reset and each message have their own place; a poll's object has one cursor.
    let read = if case .stream = style.form { arrival } else { arrival.resetAlone }
    reply(body(read.deliveries(of: set)[...], more: read.more, cursor: read.end, retry: 0), on: exchange)
  }

  /// Nothing happened: the cursor stays.
  func sendEmpty(on exchange: HTTPExchange) {
    reply(body([], more: false, cursor: arrival.end, retry: 0), on: exchange)
  }

  /// The server wants the client to come back after `retry` milliseconds; the cursor stays.
  func sendMove(reason: String, retry: Int, on exchange: HTTPExchange) {
    if case .stream(let opening) = style.form {
      reply(opening.text.moved(arrival, of: set, reason: reason, retry: retry), on: exchange)
    } else {
      reply(body([], more: false, cursor: arrival.end, retry: retry), on: exchange)
    }
  }

  /// A body that many waiters get.
  func send(_ shared: SharedBody, on exchange: HTTPExchange) {
    exchange.reply(status: 200, fields: style.httpFields, shared: shared)
  }

  /// The body with these messages; `cursor` is the position after them.
  func body(_ messages: ArraySlice<Delivery>, more: Bool, cursor: Position, retry: Int) -> [UInt8] {
    func object() -> [UInt8] {
      PollObject.encode(arrival, of: set, messages, cursor: cursor, more: more, retry: retry)
    }
    return switch style.form {
    case .object: object()
    case .script(let callback): JSONPBody.wrap(object(), in: callback)
    case .stream(let opening):
      opening.text.brief(arrival, of: set, Array(messages), retry: more ? PollStyle.promptly : style.interval)
    }
  }

  private func reply(_ body: [UInt8], on exchange: HTTPExchange) {
    exchange.reply(status: 200, fields: style.httpFields, body: body)
  }
}

/// The answers to all polls that one batch ends: the JSON object is made once for each way of asking.
struct PollBodies {
  private struct Way: Hashable {
    var outcome: ResumeOutcome
    var limits: ReplayLimits
  }

  private let batch: [Delivery]
  private var plain: [Way: SharedBody] = [:]

  /// - Parameter batch: messages of this turn, in each channel in order; none for a reset.
  init(_ batch: [Delivery]) { self.batch = batch }

  /// The body for one waiter: shared for JSON, its own for callbacks and event sources.
  mutating func body(for answer: PollAnswer) -> SharedBody {
    let way = Way(outcome: answer.arrival.outcome, limits: answer.style.limits)
    if case .object = answer.style.form {
      if let made = plain[way] { return made }
      let made = SharedBody(encode(answer))
      plain[way] = made
      return made
    }
    return SharedBody(encode(answer))
  }

  /// As much of the batch as fits one answer; the rest is there for the next poll.
  private func encode(_ answer: PollAnswer) -> [UInt8] {
    let messages = Delivery.batch(batch, answer.style.limits)
    let cursor = messages.last?.position ?? answer.arrival.end
    return answer.body(messages, more: messages.count < batch.count, cursor: cursor, retry: 0)
  }
}
