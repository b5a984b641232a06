import HTTPTypes
import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// One route on one loop: its plan, its policies, and the drivers of the connections it has detached. Confined to it.
final class LoopRoute {
  let plan: RoutePlan
  /// What the loop's pulse says while something of this route runs.
  let place: UInt64
  /// Segments of the site's mount.
  let mountDepth: Int
  let files: FileServer?
  private let cors: CORSPolicy?
  /// One driver for each framing of a stream, up to `Self.mostStreamKinds`.
  private var streams: [StreamKind: EventStreamDriver] = [:]
  private var sockets: [SocketRole: WebSocketDriver] = [:]

  private enum SocketRole: Hashable { case handler, raw, framed }

  init(_ plan: RoutePlan, place: UInt64, mountDepth: Int, files: FileServer?) {
    self.plan = plan
    self.place = place
    self.mountDepth = mountDepth
    self.files = files
    cors = plan.cors.flatMap { CORSPolicy($0, maxAge: plan.settings.current.corsMaxAge / 1_000) }
  }

  // MARK: What it answers

  /// Methods of the route, for `Allow` and preflights.
  var methods: [HTTPMethod] {
    switch plan.endpoint {
    case .handler(let method, _, _):
      method == .get ? [.get, .head] : [HTTPMethod(rawValue: method.rawValue)].compactMap { $0 }
    case .files: [.get, .head]
    case .channel(let endpoint): endpoint.post == .ignore ? [.get, .head] : [.get, .head, .post]
    case .socket: [.get]
    }
  }

  var takesWebSocket: Bool {
    switch plan.endpoint {
    case .socket: true
    case .channel(let endpoint): endpoint.transports.contains(.webSocket)
    case .handler, .files: false
    }
  }

  /// A GET without an upgrade finds nothing here.
  var isSocketOnly: Bool {
    if case .socket = plan.endpoint { return true }
    return false
  }

  /// What the handshake may agree.
  var offer: WebSocketHandshake.Offer {
    let compression = plan.settings.current.webSocketDeflate
    switch plan.endpoint {
    case .socket(let endpoint): return .init(subprotocols: endpoint.subprotocols, compression: compression)
    case .channel: return .init(subprotocols: [FramedSocketDriver.subprotocol], compression: compression)
    case .handler, .files: return .init()
    }
  }

  // MARK: Origins

  /// Where requests come from, and what that means for their answers (delivery contract §13).
  ///
  /// - Parameter use: what the request would do.
  func judge(_ head: HTTPRequestHead, _ use: OriginUse) -> Judgement {
    if let cors {
      let decision = cors.decide(head, scheme: .http, methods: methods, use: use)
      return Judgement(
        isPermitted: decision.outcome != .refused, isPreflight: decision.outcome == .preflight,
        fields: decision.fields.map { ($0.name, $0.value) })
    }
    let decision = OriginPolicy.sameOrigin.decide(OriginContext(head, scheme: .http), for: use)
    return Judgement(isPermitted: decision.isPermitted, isPreflight: false, fields: [])
  }

  var hasCORS: Bool { cors != nil }

  /// Whether `.cors` lists an origin.
  func lists(_ origin: Origin) -> Bool { cors?.origins.lists(.origin(origin)) ?? false }

  // MARK: Drivers

  /// Clients choose the callback of their scripts, and with it the kind: past this many a driver lives with its
  /// connection only.
  private static let mostStreamKinds = 64

  func streamDriver(_ server: ServerLoop, _ endpoint: ChannelEndpoint, _ kind: StreamKind) -> EventStreamDriver {
    if let driver = streams[kind] { return driver }
    let driver = EventStreamDriver(server: server, settings: plan.settings, kind: kind, endpoint: endpoint)
    if streams.count < Self.mostStreamKinds { streams[kind] = driver }
    return driver
  }

  /// The driver of a route with a handler of the site's own.
  func handlerDriver(_ server: ServerLoop, _ endpoint: SocketEndpoint) -> WebSocketDriver {
    let path = plan.path
    let place = place
    let failures = server.registry.failures
    let logger = server.logger
    return socketDriver(server, .handler) {
      switch endpoint.handler {
      case .synchronous(let onMessage):
        CallbackWebSocketDriver(
          settings: plan.settings, pulse: server.loop.pulse, place: place, onMessage: onMessage)
      case .async(let offLoop, let handler):
        HandlerWebSocketDriver(
          settings: plan.settings, offLoop: offLoop,
          report: { error in
            failures.report(at: place, to: logger, "a WebSocket handler failed") {
              ["route": "\(path)", "error": "\(error)"]
            }
          },
          handler: handler)
      }
    }
  }

  /// The driver of a channel over WebSocket, with frames or without.
  func channelDriver(_ server: ServerLoop, _ endpoint: ChannelEndpoint, isFramed: Bool) -> ChannelSocketDriver {
    socketDriver(server, isFramed ? .framed : .raw) {
      isFramed
        ? FramedSocketDriver(server: server, settings: plan.settings, endpoint: endpoint)
        : ChannelSocketDriver(server: server, settings: plan.settings, endpoint: endpoint)
    }
  }

  /// Live WebSockets of the route.
  var webSockets: Int { sockets.values.reduce(0) { $0 + $1.live } }

  private func socketDriver<Driver: WebSocketDriver>(
    _ server: ServerLoop, _ role: SocketRole, _ make: () -> Driver
  ) -> Driver {
    if let driver = sockets[role] as? Driver { return driver }
    let driver = make()
    driver.onEnded = { [unowned server] in server.detachedEnded($0) }
    sockets[role] = driver
    return driver
  }

  /// The route's settings have been replaced: drivers take them over, live connections look at their deadlines.
  func settingsChanged(_ loop: EventLoop) {
    for driver in streams.values { driver.reload() }
    for driver in sockets.values { driver.reload() }
    loop.forEachConnection { connection in
      if let driver = connection.driver as? EventStreamDriver, driver.settings === plan.settings {
        driver.reload()
        driver.rearm(connection)
      } else if let driver = connection.driver as? WebSocketDriver, sockets.values.contains(where: { $0 === driver }) {
        driver.rearm(connection)
      }
    }
  }
}

extension [LoopRoute] {
  /// Of the routes of one path, none of which takes the request's method, the one whose policy on origins counts: for a
  /// preflight the one whose method it asks for, else the first that has a policy.
  func policyRoute(for head: HTTPRequestHead) -> LoopRoute? {
    let wanted = head.string(of: "access-control-request-method")
    return first { $0.hasCORS && $0.methods.contains { $0.rawValue == wanted } } ?? first { $0.hasCORS }
  }
}

/// What an origin may do, and the fields that every answer to it carries.
struct Judgement {
  var isPermitted: Bool
  var isPreflight: Bool
  var fields: [(String, String)]
}

extension CORSPolicy {
  /// The policy of a declaration; its origins were checked when the site was planned.
  init?(_ options: CORSOptions, maxAge: Int) {
    let origins = options.anyOrigin ? ["*"] : options.origins
    guard let policy = try? OriginPolicy(origins) else { return nil }
    try? self.init(
      origins: policy, credentials: options.credentials, exposedFields: options.exposedFields, maxAge: maxAge,
      privateNetwork: options.privateNetwork)
  }
}
