import HTTPTypes
import HalleyProtocols

/// Answers whose bytes are the server's own: constant text, no word of the request in them.
enum Answer {
  /// `{"error":"<code>"}` with the fields that the route's policy adds.
  static func refuse(
    _ exchange: HTTPExchange, _ status: Int, _ code: String, _ fields: [(String, String)] = [], retry: Int? = nil
  ) {
    let retryPart = retry.map { ",\"retry\":\($0)" } ?? ""
    var pairs = fields + [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    pairs.append(("Cache-Control", "no-store"))
    if let retry { pairs.append(("Retry-After", "\((retry + 999) / 1_000)")) }
    exchange.reply(status: status, pairs: pairs, body: Array("{\"error\":\"\(code)\"\(retryPart)}".utf8))
  }

  /// The same for a script element, which sees no status: in band, with 200 (delivery contract §7.3).
  static func refuse(
    _ exchange: HTTPExchange, in callback: JSONPCallback, _ code: String, _ fields: [(String, String)],
    retry: Int? = nil
  ) {
    let retryPart = retry.map { ",\"retry\":\($0)" } ?? ""
    let body = JSONPBody.wrap(Array("{\"error\":\"\(code)\"\(retryPart)}".utf8), in: callback)
    exchange.reply(status: 200, pairs: fields + JSONPBody.fields, body: body)
  }

  /// A JSON body that must not be kept.
  static func json(_ exchange: HTTPExchange, _ status: Int, _ json: String, _ fields: [(String, String)] = []) {
    let pairs =
      fields + [
        ("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
      ]
    exchange.reply(status: status, pairs: pairs, body: Array(json.utf8))
  }

  /// A JSONP callback that is not a name: nothing of it comes back.
  static func refuseCallback(_ exchange: HTTPExchange, _ fields: [(String, String)]) {
    let pairs = fields + [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
    exchange.reply(status: 400, pairs: pairs, body: Array("The callback is not a name.".utf8))
  }
}
