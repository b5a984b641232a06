import HTTPTypes
import HalleyChannels
import HalleyProtocols

/// How one poll wants its answer: JSON or JSONP, and the fields its origin needs (delivery contract §7.2, §7.3).
struct PollAnswer {
  /// `new`, `current` … as the request's cursor was met on arrival.
  var resume: String
  /// The validated callback of a JSONP poll.
  var callback: JSONPCallback?
  /// Fields of the route's CORS decision.
  var fields: [(String, String)]

  /// A batch, a reset, or the empty answer of a short poll.
  func send(_ result: ReadResult, on exchange: HTTPExchange) {
    var reason: String?
    if case .reset(let why) = result.outcome { reason = why.rawValue }
    send(
      PollBody.encode(
        resume: resume, reason: reason, cursor: result.end.description, messages: result.messages, more: result.more,
        retry: 0), on: exchange)
  }

  /// Nothing happened: the cursor stays, `retry` says when to come back.
  func sendEmpty(cursor: String, retry: Int, on exchange: HTTPExchange) {
    send(
      PollBody.encode(resume: resume, reason: nil, cursor: cursor, messages: [], more: false, retry: retry),
      on: exchange)
  }

  /// A body that many waiters get.
  func send(_ shared: SharedBody, on exchange: HTTPExchange) {
    exchange.reply(status: 200, fields: httpFields, shared: shared)
  }

  /// The head of the answer alone.
  func sendHead(on exchange: HTTPExchange) {
    // The length of an answer that has not been made is not zero (RFC 9110 §8.6).
    exchange.beginStream(status: 200, fields: httpFields)
    exchange.end()
  }

  private func send(_ json: [UInt8], on exchange: HTTPExchange) {
    let body = callback.map { JSONPBody.wrap(json, in: $0) } ?? json
    exchange.reply(status: 200, fields: httpFields, body: body)
  }

  private var httpFields: HTTPFields {
    var all = callback == nil ? Self.plainFields : Self.scriptFields
    all.append(contentsOf: HTTPFields(fields))
    return all
  }

  private static let plainFields: HTTPFields = [
    .contentType: "application/json; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
  ]

  private static let scriptFields = HTTPFields(JSONPBody.fields)
}

/// The JSON object that answers a poll.
enum PollBody {
  static func encode(
    resume: String, reason: String?, cursor: String, messages: [Message], more: Bool, retry: Int
  ) -> [UInt8] {
    var out = Array(#"{"resume":"\#(resume)","#.utf8)
    if let reason { out += Array(#""reason":"\#(reason)","#.utf8) }
    out += Array(#""cursor":"\#(cursor)","messages":["#.utf8)
    for (index, message) in messages.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out += message.encoded(.pollObject)
    }
    out += Array(#"],"more":\#(more),"retry":\#(retry)}"#.utf8)
    return out
  }
}

/// The answers to all polls that one batch ends: made once for each way of asking.
struct PollBodies {
  private let batch: [Message]
  private let more: Bool
  private let cursor: String
  private var plain: [String: SharedBody] = [:]

  /// - Parameters:
  ///   - batch: messages of this turn, in order; not empty.
  ///   - limits: most that one answer carries; the rest is there for the next poll.
  init(_ batch: [Message], limits: ReplayLimits) {
    var bytes = 0
    var count = 0
    for message in batch {
      bytes += message.payload.count
      if count > 0, count >= limits.messages || bytes > limits.bytes { break }
      count += 1
    }
    self.batch = Array(batch.prefix(count))
    more = count < batch.count
    cursor = self.batch.last?.id.description ?? ""
  }

  /// The body for one waiter: shared for JSON, its own for a callback.
  mutating func body(for answer: PollAnswer) -> SharedBody {
    if let callback = answer.callback { return SharedBody(JSONPBody.wrap(encode(answer.resume), in: callback)) }
    if let made = plain[answer.resume] { return made }
    let made = SharedBody(encode(answer.resume))
    plain[answer.resume] = made
    return made
  }

  private func encode(_ resume: String) -> [UInt8] {
    PollBody.encode(resume: resume, reason: nil, cursor: cursor, messages: batch, more: more, retry: 0)
  }
}
