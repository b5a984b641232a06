import HTTPTypes
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: replies")
struct ReplyTests {
  /// One request to a server that does `body`; everything that comes until the connection ends.
  private func all(
    _ request: String = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    _ body: @escaping (HTTPExchange) -> Void
  ) throws -> String {
    let server = try CarrierHarness { _, exchange in body(exchange) }
    let client = try server.client()
    client.send(request)
    let bytes = try client.receiveAll()
    client.close()
    server.stop()
    return String(decoding: bytes, as: UTF8.self)
  }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init).filter { !$0.hasPrefix("Date: ") }
  }

  @Test("The head says what it should and nothing else")
  func head() throws {
    let text = try all { $0.reply(status: 404, fields: [.contentType: "text/plain"], body: Array("gone".utf8)) }
    #expect(
      lines(text) == [
        "HTTP/1.1 404 Not Found", "Content-Type: text/plain", "Content-Length: 4", "Connection: close", "", "gone",
      ])
    #expect(text.contains("\r\nDate: "))
  }

  @Test("Fields of the connection are the server's own")
  func reserved() throws {
    let name = try #require(HTTPField.Name("Keep-Alive"))
    let text = try all {
      $0.reply(
        status: 200,
        fields: [
          .date: "x", .contentLength: "99", .connection: "upgrade", .transferEncoding: "chunked", name: "y",
        ])
    }
    #expect(lines(text) == ["HTTP/1.1 200 OK", "Content-Length: 0", "Connection: close", "", ""])
  }

  @Test("HEAD gets the head of GET", arguments: [false, true])
  func headMethod(streamed: Bool) throws {
    let request = "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    let text = try all(request) { exchange in
      if streamed {
        exchange.beginStream(status: 200, fields: [:], length: 5)
        exchange.write(Array("hello".utf8)) { exchange.end() }
      } else {
        exchange.reply(status: 200, body: Array("hello".utf8))
      }
    }
    #expect(lines(text) == ["HTTP/1.1 200 OK", "Content-Length: 5", "Connection: close", "", ""])
  }

  @Test("HEAD may know the length of a body that was never made")
  func headLength() throws {
    let text = try all("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") {
      $0.reply(status: 200, length: 1 << 40)
    }
    #expect(lines(text)[1] == "Content-Length: 1099511627776")
  }

  @Test("No body and no length", arguments: [204, 304])
  func noBody(status: Int) throws {
    let text = try all { $0.reply(status: status, body: Array("hello".utf8)) }
    #expect(lines(text).dropFirst() == ["Connection: close", "", ""])
  }

  @Test("What would break the head answers 500", arguments: ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
  func splitting(value: String) throws {
    let text = try all("GET / HTTP/1.1\r\nHost: a\r\n\r\n") { $0.reply(status: 200, pairs: [("X-A", value)]) }
    #expect(RawResponse.all(in: Array(text.utf8)).map(\.status) == [500])
    #expect(!text.contains("X-A"))
  }

  @Test("Names are tokens", arguments: ["", "a b", "a:", "a\r\nX", "ä", "a\0"])
  func names(name: String) throws {
    let text = try all { $0.reply(status: 200, pairs: [(name, "x")]) }
    #expect(RawResponse.all(in: Array(text.utf8)).map(\.status) == [500])
  }

  @Test("A status out of range answers 500", arguments: [Int.min, 0, 100, 101, 199, 600, Int.max])
  func statuses(status: Int) throws {
    #expect(RawResponse.all(in: Array(try all { $0.reply(status: status) }.utf8)).map(\.status) == [500])
  }

  @Test("HTTP/1.0: closed unless the client asked; never chunked")
  func oldVersion() throws {
    let server = try CarrierHarness { _, exchange in
      if exchange.head.path.elementsEqual("/stream".utf8) {
        exchange.beginStream(status: 200, fields: [:])
        exchange.write(Array("piece".utf8)) { exchange.end() }
      } else {
        exchange.reply(status: 200, body: Array("hello".utf8))
      }
    }
    let plain = try server.client()
    plain.send("GET / HTTP/1.0\r\n\r\n")
    #expect(RawResponse.all(in: try plain.receiveAll()).first?["connection"] == "close")
    let kept = try server.client()
    kept.send("GET / HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n")
    #expect(try kept.response()?["connection"] == "keep-alive")
    kept.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let text = String(decoding: try kept.receiveAll(), as: UTF8.self)
    #expect(text.hasSuffix("\r\nConnection: close\r\n\r\npiece"))
    #expect(!text.contains("Transfer-Encoding"))
    plain.close()
    kept.close()
    server.stop()
  }

  @Test("Connection is a list of tokens")
  func connectionList() throws {
    let text = try all("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n") { $0.reply(status: 200) }
    #expect(text.contains("Connection: close"))
  }

  @Test("Expect: 100-continue is answered before the body, and only then")
  func expectation() throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n")
    #expect(String(decoding: try client.receive(until: "\r\n\r\n"), as: UTF8.self) == "HTTP/1.1 100 Continue\r\n\r\n")
    client.send("body")
    #expect(try client.response()?.text == "body")
    // The body came with the head, or is too large, or there is none: no interim answer.
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody")
    #expect(try client.response()?.text == "body")
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
    #expect(try client.response()?.status == 200)
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n")
    #expect(RawResponse.all(in: try client.receiveAll()).map(\.status) == [413])
    client.close()
    server.stop()
  }

  @Test("Refusals repeat nothing of the request")
  func reflection() throws {
    let server = try CarrierHarness()
    for request in [
      "GET /secret-word%zz HTTP/1.1\r\nHost: a\r\n\r\n", "SECRET-WORD / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: secret-word,\r\n\r\n",
    ] {
      let client = try server.client()
      client.send(request)
      let text = String(decoding: try client.receiveAll(), as: UTF8.self).lowercased()
      #expect(!text.contains("secret-word"))
    }
    server.stop()
  }
}
