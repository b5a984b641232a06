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

/// One poll's answer: how it is wanted, and what it says.
struct PollAnswer {
  let style: PollStyle
  private(set) var reply: PollReply

  /// - Parameters:
  ///   - arrival: how the request's cursor was met, and where it stands.
  ///   - set: the channels that were asked for.
  init(style: PollStyle, arrival: SetRead, of set: ChannelSet) {
    self.style = style
    let form: PollReply.Form =
      switch style.form {
      case .object: .object
      case .script(let callback): .script(callback)
      case .stream(let opening): .stream(opening.text)
      }
    reply = PollReply(form: form, arrival: arrival, of: set, interval: style.interval)
  }

  /// How the request's cursor was met on arrival, and where it stands. No messages, if the poll is held; then it says
  /// in the end whether messages arrive.
  var arrival: SetRead {
    get { reply.arrival }
    set { reply.arrival = newValue }
  }

  /// A batch, a reset, or the empty answer of a short poll.
  func send(on exchange: HTTPExchange) { send(reply.found(), on: exchange) }

  /// Nothing happened: the cursor stays.
  func sendEmpty(on exchange: HTTPExchange) { send(reply.expired(), on: exchange) }

  /// The server wants the client to come back after `retry` milliseconds; the cursor stays.
  func sendMove(reason: String, retry: Int, on exchange: HTTPExchange) {
    send(reply.moved(reason: reason, retry: retry), on: exchange)
  }

  /// A body that many waiters get.
  func send(_ shared: SharedBody, on exchange: HTTPExchange) {
    exchange.reply(status: 200, fields: style.httpFields, shared: shared)
  }

  private func send(_ body: [UInt8], on exchange: HTTPExchange) {
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
    let limits = answer.style.limits
    let way = Way(outcome: answer.arrival.outcome, limits: limits)
    func made() -> SharedBody { SharedBody(answer.reply.answered(with: batch, within: limits)) }
    guard case .object = answer.style.form else { return made() }
    if let shared = plain[way] { return shared }
    let shared = made()
    plain[way] = shared
    return shared
  }
}
