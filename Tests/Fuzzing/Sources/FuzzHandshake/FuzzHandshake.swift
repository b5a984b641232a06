import HalleyProtocols

/// The fields of an opening handshake. Oracle: no trap, documented refusals only, and an answer that is one head.
///
/// Input: a byte that says which usual fields are left out, then lines: a byte that names the field, then its value.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHandshake(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start, count >= 1 else { return -1 }
  var fields = names.enumerated().compactMap { index, name -> Field? in
    guard let usual = usual[name], start[0] >> UInt8(index) & 1 == 0 else { return nil }
    return Field(name: name, value: Array(usual.utf8))
  }
  let rest = UnsafeBufferPointer(start: start + 1, count: count - 1)
  for line in rest.split(separator: UInt8(ascii: "\n")) {
    guard let first = line.first else { continue }
    fields.append(Field(name: names[Int(first) % names.count], value: Array(line.dropFirst())))
  }
  let offer = WebSocketHandshake.Offer(subprotocols: ["halley.v1", "chat"], compression: true)
  do throws(WebSocketHandshake.Rejection) {
    let handshake = try WebSocketHandshake(
      isGet: true, minorVersion: 1, hasBody: false, offer: offer,
      values: { name in fields.filter { $0.name == name }.map { $0.value[...] } },
      sha1: { Array($0.prefix(20)) })
    check(handshake)
  } catch {
    precondition([400, 426].contains(error.status), "an unusual refusal")
  }
  return 0
}

private struct Field {
  var name: String
  var value: [UInt8]
}

private let names = [
  "host", "connection", "upgrade", "sec-websocket-version", "sec-websocket-key", "sec-websocket-protocol",
  "sec-websocket-extensions",
]

private let usual = [
  "host": "example.com", "connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
]

private func check(_ handshake: WebSocketHandshake) {
  precondition(handshake.accept.count == 28)
  if let name = handshake.subprotocol { precondition(name == "halley.v1" || name == "chat") }
  if let deflate = handshake.deflate {
    precondition((9...15).contains(deflate.serverWindowBits))
    if let bits = deflate.clientWindowBits { precondition((8...15).contains(bits)) }
  }
  let head = String(decoding: handshake.responseHead, as: UTF8.self).unicodeScalars
  var ends = 0, previous: [Unicode.Scalar] = []
  for scalar in head {
    precondition(scalar.value >= 0x20 || scalar == "\r" || scalar == "\n", "a control byte in the answer")
    previous = previous.suffix(3) + [scalar]
    if previous == ["\r", "\n", "\r", "\n"] { ends += 1 }
  }
  precondition(ends == 1 && previous == ["\r", "\n", "\r", "\n"], "not one head")
}
