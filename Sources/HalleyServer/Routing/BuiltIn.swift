import HalleyEventLoop

/// The addresses below `/_halley/`, which every server has.
struct BuiltIn {
  let server: ServerLoop
  let exchange: HTTPExchange

  func run(_ segments: [String]) {
    let file = segments.count == 2 ? ClientFile.all[segments[1]] : nil
    guard file != nil || segments == ["_halley", "health"] else { return Answer.refuse(exchange, 404, "not_found") }
    switch exchange.head.method {
    case .get, .head:
      if let file { file.answer(exchange) } else { health() }
    case .options: exchange.reply(status: 204, pairs: [("Allow", "GET, HEAD, OPTIONS")])
    default: Answer.refuse(exchange, 405, "method_not_allowed", [("Allow", "GET, HEAD, OPTIONS")])
    }
  }

  /// The gauges of all loops, each read on its own loop.
  private func health() {
    let exchange = exchange
    let registry = server.registry
    Task(executorPreference: server.loop.executor) {
      let report = await registry.report()
      Answer.json(exchange, 200, report.json)
    }
  }
}
