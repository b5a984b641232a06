internal import CHalleyShims
internal import HalleyProtocols

/// A file of the browser client, as every server offers it below `/_halley/`: made once, then shared by all answers.
struct ClientFile: Sendable {
  /// The value of `Content-Type`.
  let type: String
  /// As it is, and compressed; each has a tag of its own (RFC 9110 §8.8.3.3).
  let plain: Form
  let packed: Form?

  struct Form: Sendable {
    let body: SharedBody
    let tag: EntityTag
  }

  private init(_ text: String, type: String) {
    let bytes = Array(text.utf8)
    let digest = (WebSocketSession.sha1(bytes) ?? bytes.suffix(16)).prefix(12)
    let tag = digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    self.type = type
    plain = Form(body: SharedBody(bytes), tag: EntityTag(tag))
    packed = Self.compress(bytes).map { Form(body: SharedBody($0), tag: EntityTag(tag + "-gz")) }
  }

  /// By the last segment of the path.
  static let all: [String: ClientFile] = {
    let script = "text/javascript; charset=utf-8"
    return [
      "halley.js": ClientFile(
        "(()=>{\"use strict\";\(ClientText.script)globalThis.Halley=Halley})();\n", type: script),
      "halley.mjs": ClientFile(
        "\(ClientText.script)export{Halley as default,Halley,HalleySocket};\n", type: script),
      "halley.d.ts": ClientFile(ClientText.declarations, type: "text/plain; charset=utf-8"),
    ]
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
