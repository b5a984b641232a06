import HTTPTypes
import HalleyProtocols

extension ClientFile {
  /// Answers GET and HEAD.
  func answer(_ exchange: HTTPExchange) {
    let head = exchange.head
    let field = { (name: String) -> String? in
      let values = head.values(of: name).map { String(decoding: $0, as: UTF8.self) }
      return values.isEmpty ? nil : values.joined(separator: ", ")
    }
    let form = AcceptEncoding(field("accept-encoding")).quality(of: "gzip") > 0 ? packed ?? plain : plain
    var fields = fields
    fields[.eTag] = form.tag.description
    fields[.cacheControl] = "no-cache"
    fields[.vary] = "Accept-Encoding"
    switch Preconditions.evaluate(method: head.method, tag: form.tag, lastModified: nil, field: field) {
    case .notModified: return exchange.reply(status: 304, fields: fields)
    case .failed: return exchange.reply(status: 412, fields: fields)
    case .passed: break
    }
    if form.tag != plain.tag { fields[.contentEncoding] = "gzip" }
    exchange.reply(status: 200, fields: fields, shared: form.body)
  }
}
