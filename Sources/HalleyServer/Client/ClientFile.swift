internal import CHalleyShims
internal import HTTPTypes
internal import HalleyProtocols

/// A file that every server offers below `/_halley/`, of the browser client or of the console: made once, then shared
/// by all answers.
struct ClientFile: Sendable {
  /// What every answer says of it, its type among it.
  let fields: HTTPFields
  /// As it is, and compressed; each has a tag of its own (RFC 9110 §8.8.3.3).
  let plain: Form
  let packed: Form?

  struct Form: Sendable {
    let body: SharedBody
    let tag: EntityTag
  }

  private init(_ text: String, type: String, _ fields: HTTPFields) {
    let bytes = Array(text.utf8)
    let digest = (WebSocketSession.sha1(bytes) ?? bytes.suffix(16)).prefix(12)
    let tag = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    var all = fields
    all[.contentType] = type
    all[.xContentTypeOptions] = "nosniff"
    self.fields = all
    plain = Form(body: SharedBody(bytes), tag: EntityTag(tag))
    packed = Self.compress(bytes).map { Form(body: SharedBody($0), tag: EntityTag(tag + "-gz")) }
  }

  private static let scriptType = "text/javascript; charset=utf-8"

  /// The browser client, by the last segment of the path. Public code without a word about the visitor, so any page may
  /// load it.
  static let all: [String: ClientFile] = {
    let fields: HTTPFields = [.accessControlAllowOrigin: "*"]
    return [
      "halley.js": ClientFile(
        "(()=>{\"use strict\";\(ClientText.script)globalThis.Halley=Halley})();\n", type: scriptType, fields),
      "halley.mjs": ClientFile(
        "\(ClientText.script)export{Halley as default,Halley,HalleySocket};\n", type: scriptType, fields),
      "halley.d.ts": ClientFile(ClientText.declarations, type: "text/plain; charset=utf-8", fields),
    ]
  }()

  /// The console, by the last segment of the path. It loads nothing from elsewhere, runs nothing that is written into
  /// it, and stands in nobody's frame.
  static let console: [String: ClientFile] = {
    var fields: HTTPFields = [
      .contentSecurityPolicy:
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"
    ]
    if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
    if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { fields[name] = "same-origin" }
    let types = [
      ("console", "console.html", "text/html; charset=utf-8"),
      ("console.css", "console.css", "text/css; charset=utf-8"),
      ("console.js", "console.js", scriptType),
    ]
    return Dictionary(
      uniqueKeysWithValues: types.map { segment, file, type in
        (segment, ClientFile(ClientText.console[file] ?? "", type: type, fields))
      })
  }()

  private static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var out = [UInt8](repeating: 0, count: bytes.count)
    let length = unsafe bytes.withUnsafeBufferPointer { input in
      unsafe out.withUnsafeMutableBufferPointer { output -> Int in
        guard let from = input.baseAddress, let to = output.baseAddress else { return 0 }
        return unsafe halley_gzip(from, input.count, to, output.count)
      }
    }
    return length > 0 ? Array(out.prefix(length)) : nil
  }
}
