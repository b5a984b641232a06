import HTTPTypes
import HalleyEventLoop
import HalleyProtocols
import Logging

/// One run of a normal route's handler: a task on the connection's loop, or on the global pool for `.offLoop()`.
struct HandlerRun: Sendable {
  let exchange: HTTPExchange
  let request: Request
  /// The route, as its loop's pulse says it.
  let place: UInt64
  /// Fields that the route's CORS decision adds to every answer.
  let fields: [(String, String)]
  /// The validated callback of a JSONP request.
  let callback: JSONPCallback?
  let failures: FailureLog
  let logger: Logger
  let handler: @Sendable (Request) async throws -> Response

  /// Starts the handler. A client that leaves before the answer cancels the task.
  func start(on server: ServerLoop, offLoop: Bool) {
    let loop = server.loop
    let watched = server.handlers.begin(exchange)
    server.gauges.handlers += 1
    let bound = LoopBound((server.gauges, watched), loop: loop)
    let done: @Sendable (Result<Response, any Error>) -> Void = { outcome in
      let (gauges, watched) = bound.value
      watched.over()
      finish(outcome, loop, gauges)
    }
    if offLoop {
      watched.working(
        Task.detached {
          let outcome = await produce()
          loop.submit { done(outcome) }
        })
    } else {
      watched.working(
        Task(executorPreference: loop.executor) {
          // Known up to the handler's first suspension; whatever resumes it then is a job like any other.
          loop.pulse.at(place)
          done(await produce())
        })
    }
  }

  private func produce() async -> Result<Response, any Error> {
    do { return .success(try await handler(request)) } catch { return .failure(error) }
  }

  private func finish(_ outcome: Result<Response, any Error>, _ loop: EventLoop, _ gauges: ServerGauges) {
    switch outcome {
    case .success(let response):
      gauges.handlers -= 1
      if let callback { jsonp(response, callback) } else { send(response, loop, gauges) }
    case .failure where exchange.isGone:
      // The task was cancelled because nobody waits for its answer any more.
      gauges.handlers -= 1
    case .failure(let error):
      gauges.handlers -= 1
      failures.report(at: place, to: logger, "a handler failed") {
        // As it came: only visible ASCII, nothing that could look like a line of the log.
        let path = String(decoding: exchange.head.path.prefix(256), as: UTF8.self)
        return ["path": "\(path)", "error": "\(error)"]
      }
      if let callback {
        Answer.refuse(exchange, in: callback, "internal", fields)
      } else {
        Answer.refuse(exchange, 500, "internal", fields)
      }
    }
  }

  private func send(_ response: Response, _ loop: EventLoop, _ gauges: ServerGauges) {
    switch response.body.storage {
    case .none: exchange.reply(status: response.status.code, fields: merged(response))
    case .bytes(let bytes): exchange.reply(status: response.status.code, fields: merged(response), body: bytes)
    case .stream(let length, _) where exchange.head.method == .head:
      // Nothing of the body is sent, so none is made: a producer without an end would hold the connection for ever.
      exchange.beginStream(status: response.status.code, fields: merged(response), length: length)
      exchange.end()
    case .stream(let length, let produce):
      gauges.handlers += 1
      let stream = BodyStream(exchange: exchange, loop: loop)
      exchange.beginStream(status: response.status.code, fields: merged(response), length: length) { stream.gone() }
      let gauges = LoopBound(gauges, loop: loop)
      stream.run(produce) { gauges.value.handlers -= 1 }
    }
  }

  /// A script element sees neither status nor type: text becomes a JSON string, JSON stays what it is.
  private func jsonp(_ response: Response, _ callback: JSONPCallback) {
    guard case .bytes(let bytes) = response.body.storage else {
      return reply(200, JSONPBody.fields, JSONPBody.wrap(Array("null".utf8), in: callback))
    }
    let isJSON = response.headerFields[.contentType]?.hasPrefix("application/json") ?? false
    let value = isJSON ? bytes : JSONString.encode(bytes)
    reply(200, JSONPBody.fields, JSONPBody.wrap(value, in: callback))
  }

  private func reply(_ status: Int, _ pairs: [(String, String)], _ body: [UInt8]) {
    exchange.reply(status: status, pairs: fields + pairs, body: body)
  }

  private func merged(_ response: Response) -> HTTPFields {
    var all = response.headerFields
    for (name, value) in fields {
      guard let name = HTTPField.Name(name) else { continue }
      // Vary is a list that both sides may have something to say about.
      if name == .vary, let present = all[.vary] { all[.vary] = present + ", " + value } else { all[name] = value }
    }
    return all
  }
}
