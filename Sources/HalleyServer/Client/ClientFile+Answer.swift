import HTTPTypes
import HalleyProtocols

extension ClientFile {
  /// Answers GET and HEAD. Public code without a word about the visitor, so any page may load it.
  func answer(_ exchange: HTTPExchange) {
    let head = exchange.head
    let field = { (name: String) -> String? in
      let values = head.values(of: name).map { String(decoding: $0, as: UTF8.self) }
      return values.isEmpty ? nil : values.joined(separator: ", ")
    }
    let form = AcceptEncoding(field("accept-encoding")).quality(of: "gzip") > 0 ? packed ?? plain : plain
    var fields: HTTPFields = [
      .eTag: form.tag.description, .cacheControl: "no-cache", .vary: "Accept-Encoding",
      .accessControlAllowOrigin: "*",
    ]
    switch Preconditions.evaluate(method: head.method, tag: form.tag, lastModified: nil, field: field) {
    case .notModified: return exchange.reply(status: 304, fields: fields)
    case .failed: return exchange.reply(status: 412, fields: fields)
    case .passed: break
    }
    fields[.contentType] = type
    fields[.xContentTypeOptions] = "nosniff"
    if form.tag != plain.tag { fields[.contentEncoding] = "gzip" }
    exchange.reply(status: 200, fields: fields, shared: form.body)
  }
}
