import HTTPTypes
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: streamed replies")
struct StreamTests {
  /// Writes `count` pieces of 64 KiB, each when the one before has drained.
  private static func pour(_ exchange: HTTPExchange, _ count: Int, _ ended: @escaping () -> Void = {}) {
    if exchange.isGone || !exchange.isOpen { return ended() }
    if count == 0 { return exchange.end() }
    exchange.write([UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 65_536)) {
      pour(exchange, count - 1, ended)
    }
  }

  @Test("Chunked, piece by piece, and the connection serves the next request")
  func chunked() throws {
    let server = try CarrierHarness { _, exchange in
      guard exchange.head.path.elementsEqual("/stream".utf8) else { return exchange.reply(status: 200) }
      exchange.beginStream(status: 200, fields: [.contentType: "text/plain"])
      exchange.write(Array("hello".utf8)) {
        exchange.write([]) { exchange.write([UInt8](repeating: 0x61, count: 300)) { exchange.end() } }
      }
    }
    let client = try server.client()
    for _ in 0..<2 {
      client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
      let head = RawResponse(head: try client.receive(until: "\r\n\r\n"))
      #expect(head["transfer-encoding"] == "chunked")
      #expect(head["content-length"] == nil)
      let body = String(decoding: try client.receive(until: "\r\n0\r\n\r\n"), as: UTF8.self)
      #expect(body == "5\r\nhello\r\n12c\r\n" + String(repeating: "a", count: 300) + "\r\n0\r\n\r\n")
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.response()?.status == 200)
    }
    client.close()
    server.stop()
  }

  @Test("A large answer waits for its reader with one piece in memory")
  func large() throws {
    let pieces = 400
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:], length: pieces * 65_536)
      Self.pour(exchange, pieces)
    }
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    for _ in 0..<2 {
      let response = try #require(try client.response())
      #expect(response.body.count == pieces * 65_536)
      #expect(response.body.last == 1)
    }
    #expect(try client.receiveAll() == [])
    client.close()
    server.stop()
  }

  @Test("The reader leaves in the middle: ended once, nothing left", arguments: [false, true])
  func leaves(reset: Bool) throws {
    let counter = Counter()
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:]) { counter.add() }
      Self.pour(exchange, 100_000)
    }
    for _ in 0..<20 {
      let client = try server.client()
      client.shrinkReceiveBuffer()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      _ = try client.receive(upTo: 10_000)
      if reset { client.reset() } else { client.close() }
    }
    #expect(server.eventually { _ in counter.value == 20 })
    server.stop()
    #expect(counter.value == 20)
  }

  @Test("More or less than declared ends the connection", arguments: [4, 6])
  func wrongLength(length: Int) throws {
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:], length: length)
      exchange.write(Array("hello".utf8)) { exchange.end() }
    }
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    let bytes = try? client.receiveAll()
    #expect(!String(decoding: bytes ?? [], as: UTF8.self).hasSuffix("\r\n\r\nhello") || length == 6)
    client.close()
    server.stop()
  }

  @Test("The last piece is drained too, when the end is written behind it at once")
  func endAtOnce() throws {
    let drained = Counter()
    let size = 8 << 20
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:], length: size)
      exchange.write([UInt8](repeating: 0x61, count: size)) { drained.add() }
      exchange.end()
    }
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.body.count == size)
    client.close()
    server.stop()
    #expect(drained.value == 1)
  }

  @Test("Bytes sent while a reply drains are bounded")
  func flood() throws {
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:])
      Self.pour(exchange, 1_000_000)
    }
    let client = try server.client()
    client.shrinkReceiveBuffer()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    let piece = [UInt8](repeating: 0x41, count: 65_536)
    var sent = 0
    while sent < 64 << 20, client.send(piece) { sent += piece.count }
    #expect(sent < 64 << 20)
    #expect(server.eventually { $0.gauges.flooded == 1 })
    client.close()
    server.stop()
  }
}
