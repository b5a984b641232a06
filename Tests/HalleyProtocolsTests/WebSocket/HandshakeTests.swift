import HalleyProtocols
import Testing

@Suite("RFC 6455 §4.2: the opening handshake")
struct HandshakeTests {
  /// Outcome as one word: `101`, or status and reason.
  static func decide(
    _ fields: [(String, String)], isGet: Bool = true, minor: Int = 1, body: Bool = false,
    offer: WebSocketHandshake.Offer = .init(), without: Set<String> = []
  ) -> Result<WebSocketHandshake, WebSocketHandshake.Rejection> {
    var all: [(String, String)] = fields
    let usual = [
      ("host", "example.com"), ("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"),
      ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]
    for (name, value) in usual where !without.contains(name) && !fields.contains(where: { $0.0 == name }) {
      all.append((name, value))
    }
    return Result { () throws(WebSocketHandshake.Rejection) in
      try WebSocketHandshake(
        isGet: isGet, minorVersion: minor, hasBody: body, offer: offer,
        values: { name in all.filter { $0.0 == name }.map { Array($0.1.utf8)[...] } }, sha1: sha1)
    }
  }

  @Test("the accept value of the RFC")
  func accept() throws {
    let handshake = try Self.decide([]).get()
    #expect(String(decoding: handshake.accept, as: UTF8.self) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    let head = String(decoding: handshake.responseHead, as: UTF8.self)
    #expect(
      head == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
  }

  @Test(
    "accepted",
    arguments: [
      [("connection", "keep-alive, Upgrade")], [("connection", "upgrade")],
      [("connection", "keep-alive"), ("connection", "Upgrade")], [("upgrade", "WebSocket")],
      [("upgrade", "foo, websocket")], [("connection", ", ,upgrade")], [("sec-websocket-version", " 13 ")],
      [("sec-websocket-key", " dGhlIHNhbXBsZSBub25jZQ== ")], [("sec-websocket-protocol", "")],
      [("sec-websocket-protocol", ", ,a")],
    ])
  func accepted(_ fields: [(String, String)]) throws { _ = try Self.decide(fields).get() }

  @Test(
    "refused",
    arguments: [
      ([("connection", "notupgrade")], 426), ([("upgrade", "websocketx")], 426), ([("upgrade", "web socket")], 426),
      ([("sec-websocket-version", "8")], 426), ([("sec-websocket-version", "12")], 426),
      ([("sec-websocket-version", "13, 8")], 400), ([("sec-websocket-version", "")], 400),
      ([("sec-websocket-version", "013")], 400), ([("sec-websocket-version", "99999999999999999999")], 400),
      ([("sec-websocket-version", "13"), ("sec-websocket-version", "13")], 400),
      ([("sec-websocket-key", "")], 400), ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")], 400),
      ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25j")], 400),  // 15 bytes
      ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZTE=")], 400),  // 17 bytes
      ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZR==")], 400),  // stray bits
      ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25j_Q==")], 400),
      ([("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")], 400),
      ([("sec-websocket-protocol", "a, a")], 400), ([("sec-websocket-protocol", "a b")], 400),
      ([("sec-websocket-protocol", "a/b")], 400), ([("host", "")], 400), ([("host", "a"), ("host", "b")], 400),
      ([("sec-websocket-extensions", "permessage-deflate; ;")], 400),
      ([("sec-websocket-extensions", "a; b=\"c")], 400), ([("sec-websocket-extensions", "a; b=\"\"")], 400),
    ])
  func refused(_ fields: [(String, String)], _ status: Int) {
    switch Self.decide(fields) {
    case .success: Issue.record("accepted")
    case .failure(let rejection):
      #expect(rejection.status == status)
      #expect((status == 426) == rejection.fields.contains { $0.name == "Sec-WebSocket-Version" && $0.value == "13" })
    }
  }

  @Test("method, version, body, missing fields")
  func facts() {
    #expect(Self.decide([], isGet: false).failure?.status == 405)
    #expect(Self.decide([], minor: 0).failure == .version)
    #expect(Self.decide([], body: true).failure == .body)
    #expect(Self.decide([], without: ["host"]).failure == .host)
    #expect(Self.decide([], without: ["sec-websocket-key"]).failure == .key)
    // hixie-76 has no version.
    let old = [("sec-websocket-key1", "4 @1  46546xW%0l 1 5"), ("sec-websocket-key2", "12998 5 Y3 1  .P00")]
    #expect(Self.decide(old, without: ["sec-websocket-version", "sec-websocket-key"]).failure?.status == 400)
  }

  @Test("subprotocols: the server's order decides, and none shared is none")
  func subprotocols() throws {
    let offer = WebSocketHandshake.Offer(subprotocols: ["b", "a"])
    #expect(try Self.decide([("sec-websocket-protocol", "a, b")], offer: offer).get().subprotocol == "b")
    #expect(
      try Self.decide([("sec-websocket-protocol", "x"), ("sec-websocket-protocol", "a")], offer: offer).get()
        .subprotocol == "a")
    let none = try Self.decide([("sec-websocket-protocol", "A, x")], offer: offer).get()
    #expect(none.subprotocol == nil)
    #expect(!String(decoding: none.responseHead, as: UTF8.self).contains("Protocol:"))
    #expect(try Self.decide([], offer: offer).get().subprotocol == nil)
    let many = (0..<33).map { "p\($0)" }.joined(separator: ",")
    #expect(Self.decide([("sec-websocket-protocol", many)], offer: offer).failure == .subprotocol)
  }

  @Test(
    "RFC 7692 §7.1: offers",
    arguments: [
      ("permessage-deflate", ""), ("permessage-deflate; client_max_window_bits", "; client_max_window_bits=15"),
      ("permessage-deflate; client_max_window_bits=15", "; client_max_window_bits=15"),
      ("permessage-deflate; client_max_window_bits=\"10\"", "; client_max_window_bits=10"),
      ("permessage-deflate; client_max_window_bits=8", "; client_max_window_bits=8"),
      ("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9"),
      ("Permessage-Deflate;server_no_context_takeover ; client_no_context_takeover", ""),
      ("x-webkit-deflate-frame, permessage-deflate", ""), (", ,permessage-deflate ,", ""),
      (
        "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=10",
        "; server_max_window_bits=10"
      ),
    ])
  func offers(_ text: String, _ extra: String) throws {
    let handshake = try Self.decide([("sec-websocket-extensions", text)], offer: .init(compression: true)).get()
    let common = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    #expect(handshake.deflate?.answer == common + extra)
    #expect(
      String(decoding: handshake.responseHead, as: UTF8.self).contains(
        "Sec-WebSocket-Extensions: \(common + extra)\r\n"))
    #expect(try Self.decide([("sec-websocket-extensions", text)]).get().deflate == nil)
  }

  @Test(
    "RFC 7692 §7.1: declined offers",
    arguments: [
      "client_max_window_bits=7", "client_max_window_bits=16", "client_max_window_bits=08",
      "client_max_window_bits=abc",
      "server_max_window_bits", "server_max_window_bits=8", "server_max_window_bits=16", "server_no_context_takeover=1",
      "client_no_context_takeover=true", "unknown", "server_no_context_takeover; server_no_context_takeover",
      "client_max_window_bits; client_max_window_bits",
    ])
  func declined(_ parameters: String) throws {
    let field = [("sec-websocket-extensions", "permessage-deflate; \(parameters)")]
    #expect(try Self.decide(field, offer: .init(compression: true)).get().deflate == nil)
  }

  @Test("long and hostile lists take linear time")
  func linear() {
    for text in [
      "a; b=\"" + String(repeating: "c\\", count: 16_000), String(repeating: " ", count: 32_000),
      String(repeating: ",", count: 32_000), String(repeating: "a;b,", count: 8_000),
    ] {
      let start = ContinuousClock.now
      _ = Self.decide([("sec-websocket-extensions", text), ("sec-websocket-protocol", text), ("connection", text)])
      #expect(ContinuousClock.now - start < .seconds(1), "quadratic would be minutes")
    }
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}

/// FIPS 180-4, for tests only: the server takes the digest from OpenSSL.
private func sha1(_ message: [UInt8]) -> [UInt8]? {
  var padded = message + [0x80]
  while padded.count % 64 != 56 { padded.append(0) }
  for shift in stride(from: 56, through: 0, by: -8) {
    padded.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
  }
  var h: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
  func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }
  for block in stride(from: 0, to: padded.count, by: 64) {
    var w = (0..<16).map { t in (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[block + t * 4 + $1]) } }
    for t in 16..<80 { w.append(rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1)) }
    var (a, b, c, d, e) = (h[0], h[1], h[2], h[3], h[4])
    for t in 0..<80 {
      let (f, k): (UInt32, UInt32) =
        switch t {
        case ..<20: (b & c | ~b & d, 0x5A82_7999)
        case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
        case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
        default: (b ^ c ^ d, 0xCA62_C1D6)
        }
      let next = rotate(a, 5) &+ f &+ e &+ k &+ w[t]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    h = [h[0] &+ a, h[1] &+ b, h[2] &+ c, h[3] &+ d, h[4] &+ e]
  }
  return h.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
}
