import Testing

/// A request that must be refused, or must end the connection: whatever follows it is never a request of its own.
struct SmugglingVector: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  /// The only status that may come; the connection is closed after it.
  let status: Int

  init(_ name: String, _ text: String, _ status: Int = 400) {
    self.name = name
    bytes = Array(text.utf8)
    self.status = status
  }

  /// A bad field line in a request that is good otherwise.
  init(line: String, _ status: Int = 400, method: String = "POST") {
    self.init(line.debugDescription, "\(method) /x HTTP/1.1\r\nHost: a\r\n\(line)\r\n\r\n", status)
  }

  /// A target in a request that is good otherwise.
  init(target: String, _ status: Int = 400) {
    self.init("target " + target.debugDescription, "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n", status)
  }

  /// A chunked body in a request that is good otherwise.
  init(chunks: String, _ status: Int = 400) {
    self.init(
      "chunks " + chunks.prefix(40).debugDescription,
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)", status)
  }

  var testDescription: String { name }

  /// Follows every vector.
  static let canary = Array("GET /canary HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
}

extension SmugglingVector {
  /// Line ends and control bytes (RFC 9112 §2.2, §5).
  static let lines: [SmugglingVector] = [
    SmugglingVector("bare LF", "GET /x HTTP/1.1\nHost: a\n\n"),
    SmugglingVector("bare LF after a field", "GET /x HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    SmugglingVector("bare LF ends the head", "GET /x HTTP/1.1\r\nHost: a\r\n\n"),
    SmugglingVector("bare CR in a value", "GET /x HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
    SmugglingVector("NUL in a value", "GET /x HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    SmugglingVector("NUL line", "GET /x HTTP/1.1\r\nHost: a\r\n\0\r\nX: y\r\n\r\n"),
    SmugglingVector("NUL in a name", "GET /x HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n"),
    SmugglingVector("NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector("folded line", "GET /x HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    SmugglingVector("folded first line", "GET /x HTTP/1.1\r\n X: a\r\nHost: a\r\n\r\n"),
    SmugglingVector("line without colon", "GET /x HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n"),
    SmugglingVector("empty line first", "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector(line: "Name : v"),
    SmugglingVector(line: ": v"),
    SmugglingVector(line: "N ame: v"),
    SmugglingVector(line: "Content-Length : 40"),
    SmugglingVector(line: "Transfer-Encoding : chunked"),
    SmugglingVector(line: "N\u{1}: v"),
  ]

  /// Lengths and codings (RFC 9112 §6).
  static let framing: [SmugglingVector] = [
    SmugglingVector(line: "Content-Length: 0\r\nContent-Length: 40"),
    SmugglingVector(line: "Content-Length: 0\r\nContent-Length: 0"),
    SmugglingVector(line: "Content-Length: +5"), SmugglingVector(line: "Content-Length: -0"),
    SmugglingVector(line: "Content-Length: -1"), SmugglingVector(line: "Content-Length: 0x5"),
    SmugglingVector(line: "Content-Length: 5, 5"), SmugglingVector(line: "Content-Length:"),
    SmugglingVector(line: "Content-Length: \t5"), SmugglingVector(line: "Content-Length: \u{B}5"),
    SmugglingVector(line: "Content-Length: 5 5"),
    SmugglingVector(line: "Content-Length: 9223372036854775808"),
    SmugglingVector(line: "Content-Length: 9223372036854775807", 413),
    SmugglingVector(line: "Content-Length: 5\r\nTransfer-Encoding: chunked"),
    SmugglingVector(line: "Transfer-Encoding: chunked\r\nContent-Length: 5"),
    SmugglingVector(line: "Transfer-Encoding: gzip"), SmugglingVector(line: "Transfer-Encoding: identity"),
    SmugglingVector(line: "Transfer-Encoding: xchunked"), SmugglingVector(line: "Transfer-Encoding: \u{B}chunked"),
    SmugglingVector(line: "Transfer-Encoding: gzip, chunked", 501),
    SmugglingVector(line: "Transfer-Encoding: chunked, identity"),
    SmugglingVector(line: "Transfer-Encoding: chunked, chunked"),
    SmugglingVector(line: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    SmugglingVector("coding with 1.0", "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    SmugglingVector(line: "Content-Length: 40", method: "HEAD"),
    SmugglingVector(line: "Transfer-Encoding: chunked", method: "HEAD"),
    SmugglingVector(line: "Content-Length: 40\r\nConnection: upgrade\r\nUpgrade: websocket"),
    SmugglingVector(line: "Content-Length: 40", method: "BREW"),
    SmugglingVector(line: "Content-Length: 40", method: "TRACE"),
  ]

  /// Chunks (RFC 9112 §7.1).
  static let chunks: [SmugglingVector] = [
    SmugglingVector(chunks: "0x5\r\nhello\r\n0\r\n\r\n"), SmugglingVector(chunks: "+5\r\nhello\r\n0\r\n\r\n"),
    SmugglingVector(chunks: " 5\r\nhello\r\n0\r\n\r\n"), SmugglingVector(chunks: "5 \r\nhello\r\n0\r\n\r\n"),
    SmugglingVector(chunks: "5 junk\r\nhello\r\n0\r\n\r\n"), SmugglingVector(chunks: "-0\r\n\r\n"),
    SmugglingVector(chunks: "5\0\r\nhello\r\n0\r\n\r\n"), SmugglingVector(chunks: "5\r\nhello0\r\n\r\n"),
    SmugglingVector(chunks: "5\r\nhelloXX0\r\n\r\n"), SmugglingVector(chunks: "5\nhello\n0\n\n"),
    SmugglingVector(chunks: "5\r\nhello\n0\r\n\r\n"), SmugglingVector(chunks: "\r\n5\r\nhello\r\n0\r\n\r\n"),
    SmugglingVector(chunks: "5;a=b\r\nhello\r\n0\r\n\r\n"), SmugglingVector(chunks: "0\r\n\n"),
    SmugglingVector(chunks: "0\r\nX: y\n\r\n"), SmugglingVector(chunks: "0\r\n X: y\r\n\r\n"),
    SmugglingVector(chunks: "0\r\nX: \0\r\n\r\n"), SmugglingVector(chunks: "0000000000000005\r\nhello\r\n0\r\n\r\n"),
    SmugglingVector(chunks: "7fffffffffffffff\r\n", 413), SmugglingVector(chunks: "ffffffffffffffff\r\n", 413),
    SmugglingVector(chunks: "10001\r\n", 413),
  ]

  /// Host, target, method and version (RFC 9112 §3).
  static let requestLines: [SmugglingVector] = [
    SmugglingVector("no Host", "GET /x HTTP/1.1\r\n\r\n"),
    SmugglingVector("two Hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    SmugglingVector("empty Host", "GET /x HTTP/1.1\r\nHost:\r\n\r\n"),
    SmugglingVector("bad Host", "GET /x HTTP/1.1\r\nHost: a b\r\n\r\n"),
    SmugglingVector("Host with user", "GET /x HTTP/1.1\r\nHost: u@a\r\n\r\n"),
    SmugglingVector(target: "x"), SmugglingVector(target: "ftp://a/x"), SmugglingVector(target: "/\u{80}"),
    SmugglingVector(target: "/%zz"), SmugglingVector(target: "/a b"), SmugglingVector(target: "/a\tb"),
    SmugglingVector(target: "/a#b"), SmugglingVector(target: "/%00"), SmugglingVector(target: "http://u@a/"),
    SmugglingVector("two spaces", "GET  /x HTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector("space after the version", "GET /x HTTP/1.1 \r\nHost: a\r\n\r\n"),
    SmugglingVector("tabs", "GET\t/x\tHTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector("no version", "GET /x\r\nHost: a\r\n\r\n"),
    SmugglingVector("lower case version", "GET /x http/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector("version 0.9", "GET /x HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    SmugglingVector("version 2.0", "GET /x HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    SmugglingVector("version -1.1", "GET /x HTTP/-1.1\r\nHost: a\r\n\r\n", 505),
    SmugglingVector("version 1.99999999999", "GET /x HTTP/1.99999999999\r\nHost: a\r\n\r\n", 505),
    SmugglingVector("TRACE", "TRACE /x HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    SmugglingVector("CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector("unknown method", "BREW /x HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    SmugglingVector("lower case method", "get /x HTTP/1.1\r\nHost: a\r\n\r\n", 501),
    SmugglingVector("asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    SmugglingVector(
      "unknown expectation", "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\nContent-Length: 40\r\n\r\n", 417),
    SmugglingVector("PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
  ]

  /// Fields that may stand once.
  static let duplicates: [SmugglingVector] = [
    "Origin: http://a", "Authorization: x", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13",
  ].map { SmugglingVector(line: "\($0)\r\n\($0)", method: "GET") }

  static let all = lines + framing + chunks + requestLines + duplicates
}
