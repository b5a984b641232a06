import HalleyEventLoop

/// The addresses below `/_halley/`, which every server has.
struct BuiltIn {
  /// What their paths begin with.
  static let segment = "_halley"

  let server: ServerLoop
  let exchange: HTTPExchange

  func run(_ segments: [String]) {
    let answer: () -> Void
    if segments.count == 2, let file = ClientFile.all[segments[1]] {
      answer = { file.answer(exchange) }
    } else if segments == [Self.segment, "health"] {
      answer = health
    } else if segments == [Self.segment, "channels.d.ts"] {
      answer = typeDeclarations
    } else {
      return Answer.refuse(exchange, 404, "not_found")
    }
    switch exchange.head.method {
    case .get, .head: answer()
    case .options: exchange.reply(status: 204, pairs: [("Allow", "GET, HEAD, OPTIONS")])
    default: Answer.refuse(exchange, 405, "method_not_allowed", [("Allow", "GET, HEAD, OPTIONS")])
    }
  }

  /// What channels carry, for the compilers of pages.
  private func typeDeclarations() {
    exchange.reply(
      status: 200,
      pairs: [
        ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-cache"),
        ("X-Content-Type-Options", "nosniff"),
      ], body: server.plan.typeDeclarations)
  }

  /// The gauges of all loops, each read on its own loop. 503 while the server drains: it wants no more clients.
  private func health() {
    let exchange = exchange
    let registry = server.registry
    Task(executorPreference: server.loop.executor) {
      let report = await registry.report()
      Answer.json(exchange, report.isDraining ? 503 : 200, report.json)
    }
  }
}
