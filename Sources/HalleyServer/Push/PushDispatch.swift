import HTTPTypes
import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Serves a route with channels: the request picks the transport among those that the route offers (delivery contract §5).
struct PushDispatch {
  let server: ServerLoop
  let exchange: HTTPExchange
  let route: LoopRoute
  let endpoint: ChannelEndpoint
  let request: Request
  /// Fields of the route's CORS decision, on every answer.
  let fields: [(String, String)]
  /// The validated callback of a JSONP poll: a script element sees no status, so its errors go in band.
  var callback: JSONPCallback?

  private enum Transport { case eventStream, stream, iframe, poll, jsonp }

  /// A GET or HEAD.
  func get() {
    if endpoint.presence != nil, request.query["presence"] != nil { return members() }
    let transport: Transport
    switch request.query["transport"] {
    case "sse": transport = .eventStream
    case "stream": transport = .stream
    case "iframe": transport = .iframe
    case "poll": transport = .poll
    case "jsonp": transport = .jsonp
    case "websocket": return refuse(426, "upgrade_required", [("Upgrade", "websocket"), ("Connection", "Upgrade")])
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
    case .iframe: iframe()
    case .poll: poll()
    case .jsonp: jsonp()
    }
  }

  // MARK: Streams

  private func eventStream() {
    guard endpoint.transports.contains(.eventStream) else { return refuse(406, "not_offered") }
    open(request.query["format"] == "frames" ? .eventFrames : .events)
  }

  private func stream() {
    guard endpoint.transports.contains(.stream) else { return refuse(406, "not_offered") }
    guard let prelude = number("prelude", upTo: 4096) else { return refuse(400, "prelude") }
    open(.lines, prelude: prelude ?? 0)
  }

  private func iframe() {
    guard endpoint.transports.contains(.iframe) else { return refuse(406, "not_offered") }
    // In a window of its own the callback would be called on whatever has opened it: `opener.…`.
    guard !exchange.head.list("sec-fetch-dest", has: "document") else { return refuse(403, "frame") }
    if let text = request.query["origin"] {
      // A message to another origin than a listed one would tell it what the route's policy keeps from it.
      guard let origin = Origin(text), route.lists(origin) else { return refuse(403, "origin") }
      open(.scripts(.message(origin)))
    } else if let callback = request.callback("callback") {
      open(.scripts(.callback(callback)))
    } else {
      Answer.refuseCallback(exchange, fields)
    }
  }

  private func open(_ format: StreamKind.Format, prelude: Int = 0) {
    guard let hold = number("hold", upTo: .max) else { return refuse(400, "hold") }
    let kind = StreamKind(format: format, isChunked: exchange.head.minorVersion > 0)
    let settings = route.plan.settings.current
    let opening = StreamOpening(kind: kind, settings: settings, fields: fields, prelude: prelude)
    if exchange.head.method != .head, let away = server.turnAway(exchange, counts: true) {
      let body = opening.text.turnedAway(reason: away.reason, retry: away.retry)
      return exchange.reply(status: 200, fields: opening.httpFields, body: body)
    }
    if let hold {
      let interval = hold == 0 ? settings.pollInterval : PollReply.promptly
      return poll(.stream(opening), interval: interval, hold: hold)
    }
    guard let set = channels(stream: opening) else { return }
    if exchange.head.method == .head {
      // As the GET, which tells no length (RFC 9110 §8.6).
      exchange.beginStream(status: 200, fields: opening.httpFields)
      return exchange.end()
    }
    guard let arrival = arrive(in: set, isPoll: false, stream: opening) else { return }
    let feed = server.feed(of: set)
    let driver = route.streamDriver(server, endpoint, kind)
    let read = feed.attach(
      at: resumePoint, replay: ReplayLimits(messages: settings.replayMessages, bytes: settings.replayBytes),
      batch: driver.firstBatch)
    guard let head = opening.bytes(read, of: set, exchange) else {
      feed.left()
      return refuse(500, "internal")
    }
    let seat = server.seat(for: exchange)
    do {
      let connection = try unsafe exchange.detach(to: driver, head: head.bytes.span.bytes)
      guard connection.isOpen else { return feed.left() }
      server.detached(connection, seat)
      connection.object = feed
      server.presence.hold(arrival.ticket, for: connection)
      driver.limit(connection, to: head.left)
      guard head.left > 0 else { return connection.closeAfterFlush(within: EventStreamDriver.endMilliseconds) }
      feed.admit(connection, driver, read)
    } catch {
      feed.left()
      sendAway(opening, "overloaded", retry: 5_000)
    }
  }

  // MARK: Polls

  private func jsonp() {
    guard endpoint.transports.contains(.jsonp), let parameter = route.plan.jsonpParameter else {
      return refuse(406, "not_offered")
    }
    guard let callback = request.callback(parameter) else {
      return Answer.refuseCallback(exchange, fields)
    }
    var inBand = self
    inBand.callback = callback
    inBand.poll()
  }

  private func poll() {
    guard callback != nil || endpoint.transports.contains(.longPoll) else { return refuse(406, "not_offered") }
    guard let hold = number("hold", upTo: .max) else { return refuse(400, "hold") }
    if exchange.head.method != .head, isTurnedAway(counts: true) { return }
    poll(callback.map { .script($0) } ?? .object, interval: 0, hold: hold)
  }

  /// Answers with what is there, or holds the request until something is.
  private func poll(_ form: PollStyle.Form, interval: Int, hold: Int?) {
    let settings = route.plan.settings.current
    var limits = ReplayLimits(messages: settings.pollBatchMessages, bytes: settings.pollBatchBytes)
    if case .stream(let opening) = form, opening.kind.isCapped {
      limits.bytes = min(limits.bytes, settings.streamMaxBytes)
    }
    let style = PollStyle(form: form, fields: fields, limits: limits, interval: interval)
    guard let set = channels(stream: style.opening) else { return }
    if exchange.head.method == .head { return style.sendHead(on: exchange) }
    guard let arrival = arrive(in: set, isPoll: true, stream: style.opening) else { return }
    let feed = server.feed(of: set)
    let read = feed.attach(
      at: resumePoint, replay: ReplayLimits(messages: settings.replayMessages, bytes: settings.replayBytes),
      batch: style.limits)
    let answer = PollAnswer(style: style, arrival: read, of: set)
    if read.answersAtOnce || hold == 0 {
      feed.left()
      return answer.send(on: exchange)
    }
    let longest = callback == nil ? settings.pollHold : min(settings.pollHold, settings.jsonpHold)
    let wanted = hold.map { min(min(max($0, 5), 3_600) * 1_000, longest) } ?? longest
    let shortest = wanted - wanted * settings.pollJitter / 100
    _ = LongPollWaiter(
      holding: exchange, on: feed, loop: server.loop, answer: answer,
      milliseconds: UInt64(Int.random(in: min(shortest, wanted)...wanted)), gauges: server.gauges,
      seat: server.seat(for: exchange), presence: arrival.ticket)
  }

  // MARK: The request

  /// Whether the client has just been told to come back later, with 503 or in band.
  func isTurnedAway(counts: Bool) -> Bool {
    guard let away = server.turnAway(exchange, counts: counts) else { return false }
    refuse(away.status, away.code, retry: away.retry)
    return true
  }

  /// Tells the client that there is no room for it now, a stream in its own words: an event source that got an error
  /// would never come back (delivery contract §7.1).
  func sendAway(_ stream: StreamOpening?, _ code: String, retry: Int) {
    guard let stream else { return refuse(503, code, retry: retry) }
    let body = stream.text.turnedAway(reason: "overload", retry: retry)
    exchange.reply(status: 200, fields: stream.httpFields, body: body)
  }

  /// The channels of this request; answers and returns nil when there are none.
  ///
  /// - Parameter stream: how a stream says that there is no room for another channel.
  func channels(stream: StreamOpening? = nil) -> ChannelSet? {
    switch endpoint.source {
    case .fixed(let set): return set
    case .computed(let history, let name):
      guard let name = name(request) else {
        refuse(404, "not_found")
        return nil
      }
      do {
        let channel = try server.channels.channel(named: name, history: history)
        if let contract = endpoint.contract { channel.adopt(contract) }
        return ChannelSet(channel)
      } catch ChannelRegistry.Refusal.full {
        sendAway(stream, "overloaded", retry: 5_000)
      } catch {
        refuse(404, "not_found")
      }
      return nil
    }
  }

  /// Where the request begins.
  var resumePoint: ResumePoint { namedPoint ?? .start(endpoint.start) }

  /// Rule R6: `Last-Event-ID`, then `cursor` and its aliases; nil when the request has none of them.
  var namedPoint: ResumePoint? {
    ResumePoint(
      lastEventID: exchange.head.string(of: "last-event-id"),
      queried: [request.query["cursor"], request.query["last_event_id"], request.query["lastEventId"]])
  }

  /// A whole number of the query: absent, or digits up to a bound; nil for anything else.
  private func number(_ name: String, upTo most: Int) -> Int?? {
    guard let text = request.query[name] else { return .some(nil) }
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    // Digits that are no `Int` are too many for one.
    let number = Int(text) ?? .max
    return number <= most ? .some(number) : nil
  }

  private func accepts(_ type: String) -> Bool {
    exchange.head.values(of: "accept").contains { String(decoding: $0, as: UTF8.self).lowercased().contains(type) }
  }

  func refuse(_ status: Int, _ code: String, _ more: [(String, String)] = [], retry: Int? = nil) {
    if let callback {
      Answer.refuse(exchange, in: callback, code, fields, retry: retry)
    } else {
      Answer.refuse(exchange, status, code, fields + more, retry: retry)
    }
  }
}
