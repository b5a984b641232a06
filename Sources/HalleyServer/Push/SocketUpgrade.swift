import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

/// Hands a connection whose handshake is accepted to the driver of its route.
struct SocketUpgrade {
  let server: ServerLoop
  let exchange: HTTPExchange
  let route: LoopRoute
  let request: Request
  /// Fields of the route's CORS decision, on every answer but the 101.
  let fields: [(String, String)]
  let handshake: WebSocketHandshake

  func run() {
    if let away = server.turnAway(exchange, counts: true) {
      return Answer.refuse(exchange, away.status, away.code, fields, retry: away.retry)
    }
    switch route.plan.endpoint {
    case .socket(let endpoint): detach(to: route.handlerDriver(server, endpoint), request: request)
    case .channel(let endpoint): channel(endpoint)
    case .handler, .files: Answer.refuse(exchange, 404, "not_found", fields)
    }
  }

  private func channel(_ endpoint: ChannelEndpoint) {
    let push = PushDispatch(
      server: server, exchange: exchange, route: route, endpoint: endpoint, request: request, fields: fields)
    guard let set = push.channels() else { return }
    let isFramed = handshake.subprotocol == FramedSocketDriver.subprotocol
    let named = push.namedPoint
    let point = named ?? .start(endpoint.start)
    if !isFramed, !point.isByName {
      // Raw mode cannot tell an outcome.
      return Answer.refuse(exchange, 400, "cursor", fields)
    }
    guard let arrival = push.arrive(in: set, isPoll: false) else { return }
    let driver = route.channelDriver(server, endpoint, isFramed: isFramed)
    driver.opening = SocketOpening(set: set, point: point, isNamed: named != nil, openedAt: server.loop.now)
    driver.opening?.ticket = arrival.ticket
    detach(to: driver, request: nil)
    driver.opening = nil
  }

  private func detach(to driver: WebSocketDriver, request: Request?) {
    driver.prepare(WebSocketSession(handshake, request: request))
    let seat = server.seat(for: exchange)
    do {
      let connection = try unsafe exchange.detach(to: driver, head: handshake.responseHead.span.bytes)
      if connection.isOpen { server.detached(connection, seat) }
    } catch {
      Answer.refuse(exchange, 503, "overloaded", fields, retry: 5_000)
    }
  }
}
