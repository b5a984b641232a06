import HalleyProtocols

/// Heads that must never reach a handler. Each row of the smuggling table has its vectors here.
enum HTTPHeadVectors {
  struct Refused: Sendable, CustomStringConvertible {
    var head: String
    var refusal: HTTPRefusal
    var status: Int
    var description: String { String(head.debugDescription.prefix(100)) }
  }

  static let refused: [Refused] = whole + post + get + targets + hosts + lines

  private static func row(_ head: String, _ refusal: HTTPRefusal, _ status: Int) -> Refused {
    Refused(head: head, refusal: refusal, status: status)
  }

  private static let whole = [
    row("", .incompleteHead, 400),
    row("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedLineEnd, 400),
    row("GET / HTTP/1.1\nHost: a\n\n", .malformedLineEnd, 400),
    row("GET / HTTP/1.1\r\nHost: a\n\r\n", .malformedLineEnd, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .malformedLineEnd, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\n\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n", .foldedField, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\n\0X: 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX: 1\u{0}2\r\n\r\n", .controlByte, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1B}[0m\r\n\r\n", .controlByte, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX\t: 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\n: 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nX(): 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nÜ: 1\r\n\r\n", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", .malformedFieldName, 400),
    row("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", .malformedFieldName, 400),
  ]

  /// Field lines of a POST.
  private static let post =
    [
      ("Content-Length: 5\r\nContent-Length: 5", .duplicateField, 400),
      ("Content-Length: 5\r\ncontent-length: 6", .duplicateField, 400),
      ("Content-Length: 5, 5", .malformedContentLength, 400),
      ("Content-Length: +5", .malformedContentLength, 400),
      ("Content-Length: -0", .malformedContentLength, 400),
      ("Content-Length: -1", .malformedContentLength, 400),
      ("Content-Length: 0x5", .malformedContentLength, 400),
      ("Content-Length: 5 5", .malformedContentLength, 400),
      ("Content-Length:", .malformedContentLength, 400),
      ("Content-Length: \t5", .malformedContentLength, 400),
      ("Content-Length: 5\t", .malformedContentLength, 400),
      ("Content-Length: \u{0B}5", .controlByte, 400),
      ("Content-Length: ٥", .malformedContentLength, 400),
      ("Content-Length: 9223372036854775808", .malformedContentLength, 400),
      ("Content-Length: 18446744073709551621", .malformedContentLength, 400),
      ("Content-Length: 5\r\nTransfer-Encoding: chunked", .conflictingLength, 400),
      ("Transfer-Encoding: chunked\r\nContent-Length: 5", .conflictingLength, 400),
      ("Transfer-Encoding: gzip", .malformedTransferCoding, 400),
      ("Transfer-Encoding: identity", .malformedTransferCoding, 400),
      ("Transfer-Encoding: xchunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunkedx", .malformedTransferCoding, 400),
      ("Transfer-Encoding: \"chunked\"", .malformedTransferCoding, 400),
      ("Transfer-Encoding:", .malformedTransferCoding, 400),
      ("Transfer-Encoding: \tchunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: \u{0B}chunked", .controlByte, 400),
      ("Transfer-Encoding: chunked;a=b", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunked, identity", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunked, chunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunked;a, chunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: ,chunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunked,", .malformedTransferCoding, 400),
      ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", .malformedTransferCoding, 400),
      ("Transfer-Encoding: gzip, chunked", .unsupportedTransferCoding, 501),
      ("Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5", .unexpectedBody, 400),
      ("Upgrade: websocket\r\nConnection: Upgrade\r\nTransfer-Encoding: chunked", .unexpectedBody, 400),
      ("Expect: 200-ok", .unknownExpectation, 417),
      ("Expect: 100-continue, 100-continue", .unknownExpectation, 417),
      ("Expect:", .unknownExpectation, 417),
    ].map { (fields: String, refusal: HTTPRefusal, status: Int) in
      row("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n", refusal, status)
    } + [row("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .malformedTransferCoding, 400)]

  /// Fields of a GET that may stand once.
  private static let get =
    [
      "Host: a", "Origin: http://a", "Authorization: Basic eA==", "Sec-WebSocket-Key: x", "SEC-WEBSOCKET-VERSION: 13",
    ].map { row("GET / HTTP/1.1\r\nHost: a\r\n\($0)\r\n\($0)\r\n\r\n", .duplicateField, 400) } + [
      row("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", .unexpectedBody, 400),
      row("HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .unexpectedBody, 400),
      row("TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", .unexpectedBody, 400),
      row("BREW / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .unexpectedBody, 400),
    ]

  private static let targets =
    [
      "index.html", "ftp://a/", "http:/a", "http://", "http:///x", "file:///etc/passwd", "*x", "*", "?x", "a:80",
      "/a#b", "/\u{7F}", "/ä", "/%", "/%2", "/%zz", "/a%00b", "/?x=%00", "/\u{1}", "/a\tb",
    ].map {
      row(
        "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n",
        ["http:///x"].contains($0)
          ? .malformedHost : ["/\u{7F}", "/\u{1}"].contains($0) ? .controlByte : .malformedTarget,
        400)
    }

  private static let hosts =
    [
      "", "a b", "a/b", "user@a", "a:", "a:x", "a:0", "a:65536", "a:1:2", ".a", "a..b", "a,b", "%61", "[::1", "[]",
      "[::1]x", "[fe80::1%25eth0]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[12345::]", "[::1.2.3]", "[v1.x]", "ä", "a\\b",
    ].filter { $0 != "a:" }.map { row("GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n", .malformedHost, 400) } + [
      row("GET / HTTP/1.1\r\n\r\n", .missingHost, 400),
      row("GET http://a/ HTTP/1.1\r\n\r\n", .missingHost, 400),
      row("GET http://user@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .malformedHost, 400),
      row("GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost, 400),
      row("GET / HTTP/1.0\r\nHost:\r\n\r\n", .malformedHost, 400),
    ]

  private static let lines =
    [
      ("GET  / HTTP/1.1", .malformedRequestLine, 400), ("GET /  HTTP/1.1", .malformedRequestLine, 400),
      ("GET / HTTP/1.1 ", .malformedRequestLine, 400), (" GET / HTTP/1.1", .malformedRequestLine, 400),
      ("GET\t/ HTTP/1.1", .malformedRequestLine, 400), ("GET /\tHTTP/1.1", .malformedTarget, 400),
      ("GET / http/1.1", .malformedRequestLine, 400), ("GET /", .malformedRequestLine, 400),
      ("GET / HTTP/", .malformedRequestLine, 400), ("G(T / HTTP/1.1", .malformedRequestLine, 400),
      ("GET / HTTP/0.9", .unsupportedVersion, 505), ("GET / HTTP/-1.1", .unsupportedVersion, 505),
      ("GET / HTTP/2.0", .unsupportedVersion, 505), ("GET / HTTP/1.99999999999", .unsupportedVersion, 505),
      ("GET / HTTP/1.01", .unsupportedVersion, 505), ("GET / HTTP/1,1", .unsupportedVersion, 505),
      ("get / HTTP/1.1", .unknownMethod, 501), ("TRACE / HTTP/1.1", .unknownMethod, 501),
      ("CONNECT / HTTP/1.1", .unknownMethod, 501), ("PRI * HTTP/1.1", .unknownMethod, 501),
      ("GETX / HTTP/1.1", .unknownMethod, 501), ("PUX / HTTP/1.1", .unknownMethod, 501),
      ("CONNECT a:80 HTTP/1.1", .malformedTarget, 400),
    ].map { (line: String, refusal: HTTPRefusal, status: Int) in
      row("\(line)\r\nHost: a\r\n\r\n", refusal, status)
    }
}
