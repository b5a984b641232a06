import HalleyChannels
import HalleyEventLoop

/// The addresses below `/_halley/`, which every server has.
struct BuiltIn {
  /// What their paths begin with.
  static let segment = "_halley"

  let server: ServerLoop
  let exchange: HTTPExchange

  func run(_ segments: [String]) {
    guard segments.count == 2 else { return Answer.refuse(exchange, 404, "not_found") }
    if let file = ClientFile.all[segments[1]] {
      answer { file.answer(exchange) }
    } else if segments[1] == "channels.d.ts" {
      answer(typeDeclarations)
    } else if segments[1] == "health" {
      operate(health)
    } else if segments[1] == "metrics" {
      operate(metrics)
    } else if let file = ClientFile.console[segments[1]] {
      operate { file.answer(exchange) }
    } else {
      Answer.refuse(exchange, 404, "not_found")
    }
  }

  /// An operations page, for those who may see them.
  private func operate(_ body: () -> Void) {
    let access = server.plan.operations
    guard access.permits(peer: exchange.peer, isLoopback: exchange.isFromLoopback, head: exchange.head) else {
      return Answer.refuse(exchange, 403, "operations")
    }
    answer(body)
  }

  private func answer(_ body: () -> Void) {
    switch exchange.head.method {
    case .get, .head: body()
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

  // MARK: Operations

  /// The gauges of all loops, each read on its own loop. 503 while the server drains: it wants no more clients.
  private func health() {
    let exchange = exchange
    let (registry, channels) = (server.registry, server.channels)
    Task(executorPreference: server.loop.executor) {
      let report = await Self.report(registry, channels)
      Answer.json(exchange, report.isDraining ? 503 : 200, report.json)
    }
  }

  /// The same for collectors, and counters; 200 also while the server drains.
  private func metrics() {
    let exchange = exchange
    let (registry, channels) = (server.registry, server.channels)
    Task(executorPreference: server.loop.executor) {
      let descriptors = await Task.detached { ProcessFigures.descriptors() }.value
      let text = await Self.report(registry, channels).metrics(descriptors: descriptors)
      exchange.reply(
        status: 200,
        pairs: [
          ("Content-Type", Metric.contentType), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ], body: Array(text.utf8))
    }
  }

  private static func report(_ registry: LoopRegistry, _ channels: ChannelRegistry) async -> ServerReport {
    var report = await registry.report()
    (report.channels, report.published) = channels.totals
    report.memoryBytes = ProcessFigures.memory ?? 0
    return report
  }
}
