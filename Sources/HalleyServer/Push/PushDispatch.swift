import HTTPTypes
import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Serves a channel route: the request picks the transport among those that the route offers (delivery contract §5).
struct PushDispatch {
  let server: ServerLoop
  let exchange: HTTPExchange
  let route: LoopRoute
  let endpoint: ChannelEndpoint
  let request: Request
  /// Fields of the route's CORS decision, on every answer.
  let fields: [(String, String)]

  private enum Transport { case eventStream, stream, poll, jsonp }

  /// A GET or HEAD.
  func get() {
    let transport: Transport
    switch request.query["transport"] {
    case "sse": transport = .eventStream
    case "stream": transport = .stream
    case "poll": transport = .poll
    case "jsonp": transport = .jsonp
    case "websocket": return refuse(426, "upgrade_required", [("Upgrade", "websocket"), ("Connection", "Upgrade")])
    case "iframe": return refuse(406, "not_offered")
    case .some: return refuse(400, "transport")
    case nil:
      if accepts("text/event-stream") {
        transport = .eventStream
      } else if let parameter = route.plan.jsonpParameter, request.query[parameter] != nil {
        transport = .jsonp
      } else {
        transport = .poll
      }
    }
    switch transport {
    case .eventStream: eventStream()
    case .stream: stream()
    case .poll: poll(callback: nil)
    case .jsonp: jsonp()
    }
  }

  // MARK: Streams

  private func eventStream() {
    guard endpoint.transports.contains(.eventStream) else { return refuse(406, "not_offered") }
    let format: StreamKind.Format = request.query["format"] == "frames" ? .eventFrames : .events
    open(StreamKind(format: format, isChunked: exchange.head.minorVersion > 0))
  }

  private func stream() {
    guard endpoint.transports.contains(.stream) else { return refuse(406, "not_offered") }
    open(StreamKind(format: .lines, isChunked: exchange.head.minorVersion > 0))
  }

  private func open(_ kind: StreamKind) {
    guard let hold = holdSeconds() else { return refuse(400, "hold") }
    let opening = StreamOpening(kind: kind, settings: route.plan.settings.current, fields: fields)
    if exchange.head.method == .head {
      // As the GET, which tells no length (RFC 9110 §8.6).
      exchange.beginStream(status: 200, fields: opening.httpFields)
      return exchange.end()
    }
    guard let channel = channel() else { return }
    if let seconds = hold { return briefStream(opening, channel, seconds) }
    let feed = server.feed(of: channel)
    let settings = route.plan.settings.current
    let result = feed.attach(
      at: resumePoint, replay: ReplayLimits(messages: settings.replayMessages, bytes: settings.replayBytes))
    let driver = route.streamDriver(server, kind)
    guard let head = opening.bytes(result, exchange) else {
      feed.left()
      return refuse(500, "internal")
    }
    do {
      let connection = try unsafe exchange.detach(to: driver, head: head.span.bytes)
      guard connection.isOpen else { return feed.left() }
      connection.object = feed
      feed.join(connection, kind.encoding)
    } catch {
      feed.left()
      refuse(503, "overloaded", retry: 5_000)
    }
  }

  /// An event stream that ends by itself: `hold=0` at once, longer ones are answered as short polls too, since the
  /// browser comes back by itself with its last event id.
  private func briefStream(_ opening: StreamOpening, _ channel: Channel, _ seconds: Int) {
    let settings = route.plan.settings.current
    let result = server.feed(of: channel).read(
      at: resumePoint, replay: ReplayLimits(messages: settings.replayMessages, bytes: settings.replayBytes),
      batch: ReplayLimits(messages: settings.pollBatchMessages, bytes: settings.pollBatchBytes))
    server.feed(of: channel).left()
    exchange.reply(
      status: 200, fields: opening.httpFields,
      body: opening.brief(result, retry: seconds == 0 || result.messages.isEmpty ? settings.pollInterval : 100))
  }

  // MARK: Polls

  private func jsonp() {
    guard endpoint.transports.contains(.jsonp), let parameter = route.plan.jsonpParameter else {
      return refuse(406, "not_offered")
    }
    guard let callback = request.callback(parameter) else {
      return Answer.refuseCallback(exchange, fields)
    }
    poll(callback: callback)
  }

  private func poll(callback: JSONPCallback?) {
    guard callback != nil || endpoint.transports.contains(.longPoll) else { return refuse(406, "not_offered") }
    guard let hold = holdSeconds() else { return refuse(400, "hold") }
    let settings = route.plan.settings.current
    var answer = PollAnswer(resume: "new", callback: callback, fields: fields)
    if exchange.head.method == .head { return answer.sendHead(on: exchange) }
    guard let channel = channel() else { return }
    let feed = server.feed(of: channel)
    let result = feed.read(
      at: resumePoint, replay: ReplayLimits(messages: settings.replayMessages, bytes: settings.replayBytes),
      batch: ReplayLimits(messages: settings.pollBatchMessages, bytes: settings.pollBatchBytes))
    answer.resume = result.outcome.word
    let longest = callback == nil ? settings.pollHold : min(settings.pollHold, settings.jsonpHold)
    let isReset = if case .reset = result.outcome { true } else { false }
    if isReset || !result.messages.isEmpty || hold == 0 {
      feed.left()
      return answer.send(result, on: exchange)
    }
    let wanted = hold.map { min(max($0, 5) * 1_000, longest) } ?? longest
    let shortest = wanted - wanted * settings.pollJitter / 100
    feed.pollBatch = ReplayLimits(messages: settings.pollBatchMessages, bytes: settings.pollBatchBytes)
    _ = LongPollWaiter(
      holding: exchange, on: feed, loop: server.loop, answer: answer, cursor: result.end.description,
      milliseconds: UInt64(Int.random(in: min(shortest, wanted)...wanted)), gauges: server.gauges)
  }

  // MARK: The request

  /// The channel of this request; answers 404 or 503 and returns nil when there is none.
  func channel() -> Channel? {
    switch endpoint.source {
    case .fixed(let channel): return channel
    case .computed(let history, let name):
      guard let name = name(request) else {
        refuse(404, "not_found")
        return nil
      }
      do {
        return try server.channels.channel(named: name, history: history)
      } catch ChannelRegistry.Refusal.full {
        refuse(503, "overloaded", retry: 5_000)
      } catch {
        refuse(404, "not_found")
      }
      return nil
    }
  }

  /// Rule R6: `Last-Event-ID`, then `cursor` and its aliases; an empty value counts as absent.
  var resumePoint: ResumePoint {
    let candidates = [
      exchange.head.string(of: "last-event-id"), request.query["cursor"], request.query["last_event_id"],
      request.query["lastEventId"],
    ]
    let text = candidates.compactMap { $0 }.first { !$0.isEmpty } ?? ""
    return ResumePoint(Array(text.utf8), default: endpoint.start)
  }

  /// `hold`: absent, or whole seconds; nil for anything but digits.
  private func holdSeconds() -> Int?? {
    guard let text = request.query["hold"] else { return .some(nil) }
    guard !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return .some(Int(text))
  }

  private func accepts(_ type: String) -> Bool {
    exchange.head.values(of: "accept").contains { String(decoding: $0, as: UTF8.self).lowercased().contains(type) }
  }

  func refuse(_ status: Int, _ code: String, _ more: [(String, String)] = [], retry: Int? = nil) {
    Answer.refuse(exchange, status, code, fields + more, retry: retry)
  }
}
