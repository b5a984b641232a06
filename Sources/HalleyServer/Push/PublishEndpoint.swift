import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

extension PushDispatch {
  /// A POST publishes its body (delivery contract §12); on a route with several channels `?channel=` names one of them.
  func publish() {
    let limit = route.plan.settings.current.publishMaxBytes
    guard exchange.body.count <= limit else { return refuse(413, "too_large") }
    // A publish in progress is finished by a draining server; one more is no reason to send its client away.
    if !server.isDraining, isTurnedAway(counts: false) { return }
    guard let set = channels() else { return }
    guard let channel = set.target(request.query["channel"]) else { return refuse(400, "channel") }
    let draft: MessageDraft
    do {
      draft = try makeDraft()
    } catch {
      return refuse(400, "invalid")
    }
    let exchange = exchange
    let fields = fields
    let loop = server.loop
    channel.publish(draft) { outcome in
      if loop.isOnLoop {
        Self.answer(outcome, exchange, fields)
      } else {
        loop.submit { Self.answer(outcome, exchange, fields) }
      }
    }
  }

  private func makeDraft() throws(PublishError) -> MessageDraft {
    let event = request.query["event"]
    let key = request.query["key"]
    let idempotencyKey = exchange.head.string(of: "idempotency-key")
    // Without users, a publisher is an address: keys of two clients behind one proxy or router do meet.
    let publisher = idempotencyKey == nil ? "" : exchange.peer
    let type = exchange.head.string(of: "content-type")?.lowercased() ?? ""
    if endpoint.post == .publishJSON || type.hasPrefix("application/json") {
      return try MessageDraft(
        json: exchange.body, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
    }
    if type.hasPrefix("application/octet-stream") {
      return try MessageDraft(
        binary: exchange.body, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
    }
    guard let text = String(validating: exchange.body, as: UTF8.self) else { throw .invalid("the text is not UTF-8") }
    return try MessageDraft(text: text, event: event, key: key, idempotencyKey: idempotencyKey, publisher: publisher)
  }

  private static func answer(
    _ outcome: Result<PublishReceipt, PublishError>, _ exchange: HTTPExchange, _ fields: [(String, String)]
  ) {
    switch outcome {
    case .success(let receipt) where receipt.duplicate:
      Answer.json(exchange, 200, #"{"id":"\#(receipt.id)","duplicate":true}"#, fields)
    case .success(let receipt): Answer.json(exchange, 201, #"{"id":"\#(receipt.id)"}"#, fields)
    case .failure(.tooLarge): Answer.refuse(exchange, 413, "too_large", fields)
    case .failure(.invalid): Answer.refuse(exchange, 400, "invalid", fields)
    case .failure(.refused): Answer.refuse(exchange, 503, "unavailable", fields, retry: 5_000)
    case .failure(.unknown): Answer.refuse(exchange, 504, "unknown", fields, retry: 5_000)
    }
  }
}
