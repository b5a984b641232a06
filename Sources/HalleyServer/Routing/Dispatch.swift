import HTTPTypes
import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Finds what answers one request and starts it. Runs on the loop; nothing in here waits.
struct Dispatch {
  let server: ServerLoop
  let exchange: HTTPExchange

  private typealias Found = (route: LoopRoute, entry: Router.Entry)

  func run() {
    let head = exchange.head
    guard server.plan.hosts.permits(head.authority) else {
      let refusal = HTTPRefusal.misdirected
      return Answer.refuse(exchange, refusal.status, refusal.code)
    }
    if head.isAsteriskForm { return exchange.reply(status: 204, pairs: [("Allow", Self.everyMethod)]) }
    guard let path = RequestPath(decoding: head.path) else { return Answer.refuse(exchange, 404, "not_found") }
    if path.segments.first == BuiltIn.segment { return BuiltIn(server: server, exchange: exchange).run(path.segments) }

    let match = server.plan.match(
      host: head.authority?.host ?? "", path.segments, trailingSlash: path.hasTrailingSlash)
    let found = match.entries.map { (route: server.route($0), entry: $0) }
    let files = match.files.map { server.route($0.entry) }
    if head.method == .options { return options(found.map(\.route) + [files].compactMap { $0 }) }
    if WebSocketHandshake.isRequested(values: head.values(of:)),
      let socket = found.first(where: { $0.route.takesWebSocket })
    {
      return upgrade(socket, path)
    }
    if let hit = found.first(where: { $0.route.methods.contains(head.method) && !$0.route.isSocketOnly }) {
      return start(hit, path)
    }
    // Also before files: the index page of a mount has relative links, which are wrong without the slash.
    let redirects = files.map { match.wantsSlashByName && $0.methods.contains(head.method) } ?? match.wantsSlash
    if found.isEmpty, redirects { return redirect(path) }
    if let files, let depth = match.files?.depth, files.methods.contains(head.method) {
      return serve(files, path, depth)
    }
    if found.isEmpty, files == nil { return Answer.refuse(exchange, 404, "not_found") }
    if let socket = found.first(where: { $0.route.isSocketOnly }), head.method == .get || head.method == .head {
      return Answer.refuse(
        exchange, 426, "upgrade_required",
        socket.route.judge(head, .webSocket).fields + [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")])
    }
    refuseMethod(found.map(\.route) + [files].compactMap { $0 })
  }

  static let everyMethod = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

  // MARK: Methods

  private func allow(_ routes: [LoopRoute]) -> String {
    let taken = Set(routes.flatMap(\.methods))
    return (HTTPMethod.allCases.filter { taken.contains($0) }.map(\.rawValue) + ["OPTIONS"]).joined(separator: ", ")
  }

  private func refuseMethod(_ routes: [LoopRoute]) {
    let fields = routes.policyRoute(for: exchange.head)?.judge(exchange.head, .read).fields ?? []
    Answer.refuse(exchange, 405, "method_not_allowed", fields + [("Allow", allow(routes))])
  }

  /// A preflight is answered by the route whose method it asks for; any other OPTIONS tells the methods.
  private func options(_ routes: [LoopRoute]) {
    if routes.isEmpty { return Answer.refuse(exchange, 404, "not_found") }
    let head = exchange.head
    let judgement = routes.policyRoute(for: head)?.judge(head, .read)
    if let judgement, judgement.isPreflight { return exchange.reply(status: 204, pairs: judgement.fields) }
    if let judgement, !judgement.isPermitted { return Answer.refuse(exchange, 403, "origin", judgement.fields) }
    exchange.reply(status: 204, pairs: (judgement?.fields ?? []) + [("Allow", allow(routes))])
  }

  private func redirect(_ path: RequestPath) {
    // Built from the raw path, which holds no byte that could end the field.
    let raw = String(decoding: exchange.head.path, as: UTF8.self)
    let query = exchange.head.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
    exchange.reply(status: 308, pairs: [("Location", raw + "/" + query), ("Cache-Control", "no-cache")])
  }

  // MARK: Starting

  /// Static files: small ones in one piece, others by the kernel as the client takes them.
  private func serve(_ route: LoopRoute, _ path: RequestPath, _ depth: Int) {
    guard let files = route.files else { return Answer.refuse(exchange, 404, "not_found") }
    let head = exchange.head
    server.loop.pulse.at(route.place)
    let judgement = route.judge(head, .read)
    guard judgement.isPermitted else { return Answer.refuse(exchange, 403, "origin", judgement.fields) }
    let answer = files.answer(
      FileRequest(
        segments: Array(path.segments.dropFirst(depth)), trailingSlash: path.hasTrailingSlash,
        query: head.query.map { String(decoding: $0, as: UTF8.self) }, isHead: head.method == .head
      ) { name in
        let values = head.values(of: name).map { String(decoding: $0, as: UTF8.self) }
        return values.isEmpty ? nil : values.joined(separator: ", ")
      })
    FileReply(exchange: exchange, answer: answer, fields: judgement.fields).start()
  }

  /// The request as a value; nil when its query cannot be decoded.
  private func request(_ found: Found, _ path: RequestPath) -> Request? {
    Request(
      exchange, path, mountDepth: found.route.mountDepth,
      parameters: Router.parameters(of: found.entry.pattern, in: path.segments))
  }

  private func start(_ found: Found, _ path: RequestPath) {
    server.loop.pulse.at(found.route.place)
    let judgement = found.route.judge(
      exchange.head, exchange.head.method == .get || exchange.head.method == .head ? .read : .write)
    let fields = judgement.fields
    let request = request(found, path)
    guard judgement.isPermitted else {
      let callback = found.route.plan.jsonpParameter.flatMap { request?.callback($0) }
      if let callback, exchange.head.method == .get { return Answer.refuse(exchange, in: callback, "origin", fields) }
      return Answer.refuse(exchange, 403, "origin", fields)
    }
    guard let request else { return Answer.refuse(exchange, 400, "query", fields) }
    switch found.route.plan.endpoint {
    case .handler(_, let offLoop, let handler):
      var callback: JSONPCallback?
      if let parameter = found.route.plan.jsonpParameter, request.query[parameter] != nil {
        callback = request.callback(parameter)
        if callback == nil { return Answer.refuseCallback(exchange, fields) }
      }
      HandlerRun(
        exchange: exchange, request: request, place: found.route.place, fields: fields, callback: callback,
        failures: server.registry.failures, logger: server.logger, handler: handler
      ).start(on: server, offLoop: offLoop)
    case .channel(let endpoint):
      let push = PushDispatch(
        server: server, exchange: exchange, route: found.route, endpoint: endpoint, request: request, fields: fields)
      if exchange.head.method == .post { push.publish() } else { push.get() }
    case .files, .socket: Answer.refuse(exchange, 404, "not_found")
    }
  }

  /// A WebSocket handshake: origin first, before any other work, then RFC 6455 §4.2.
  private func upgrade(_ found: Found, _ path: RequestPath) {
    let route = found.route
    let head = exchange.head
    server.loop.pulse.at(route.place)
    let judgement = route.judge(head, .webSocket)
    guard judgement.isPermitted else { return Answer.refuse(exchange, 403, "origin", judgement.fields) }
    guard let request = request(found, path) else { return Answer.refuse(exchange, 400, "query", judgement.fields) }
    do {
      let handshake = try WebSocketHandshake(
        isGet: head.method == .get, minorVersion: head.minorVersion, hasBody: head.hasBody, offer: route.offer,
        values: head.values(of:), sha1: WebSocketSession.sha1)
      SocketUpgrade(
        server: server, exchange: exchange, route: route, request: request, fields: judgement.fields,
        handshake: handshake
      ).run()
    } catch {
      Answer.refuse(exchange, error.status, "handshake", judgement.fields + error.fields.map { ($0.name, $0.value) })
    }
  }
}
