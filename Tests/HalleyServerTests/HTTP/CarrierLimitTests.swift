import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: limits")
struct CarrierLimitTests {
  private func status(_ server: CarrierHarness, _ text: String, _ cuts: Cuts = .whole) throws -> [Int] {
    let client = try server.client()
    client.send(Array(text.utf8), cuts)
    if cuts == .whole { client.finishSending() }
    return RawResponse.all(in: try client.receiveAll()).map(\.status)
  }

  private static let cuts: [Cuts] = [.whole, .random(seed: 11)]

  @Test("Head: at the limit 200, one more 414 or 431", arguments: cuts)
  func head(cuts: Cuts) throws {
    let server = try CarrierHarness()
    let client = try server.client()
    func at(_ text: String) throws -> Int? {
      client.send(Array(text.utf8), cuts)
      return try client.response()?.status
    }
    let end = " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
    func target(_ line: Int) -> String { "/" + String(repeating: "a", count: line - 14) }
    #expect(try at("GET " + target(8192) + end) == 200)
    func field(_ line: Int) -> String { "X: " + String(repeating: "a", count: line - 3) + "\r\n" }
    #expect(try at("GET / HTTP/1.1\r\nHost: a\r\n\(field(8192))\r\n") == 200)
    func many(_ count: Int) -> String { (1..<count).map { "X\($0): a\r\n" }.joined() }
    #expect(try at("GET / HTTP/1.1\r\nHost: a\r\n\(many(100))\r\n") == 200)
    // Host (9 bytes with its end) and four lines make the whole section.
    let rest = 32_768 - 9 - 4 * 8_000
    let full = String(repeating: field(7_998), count: 4)
    #expect(try at("GET / HTTP/1.1\r\nHost: a\r\n\(full)\(field(rest - 2))\r\n") == 200)
    client.close()

    #expect(try status(server, "GET " + target(8193) + end, cuts) == [414])
    #expect(try status(server, "GET / HTTP/1.1\r\nHost: a\r\n\(field(8193))\r\n", cuts) == [431])
    #expect(try status(server, "GET / HTTP/1.1\r\nHost: a\r\n\(many(101))\r\n", cuts) == [431])
    #expect(try status(server, "GET / HTTP/1.1\r\nHost: a\r\n\(full)\(field(rest - 1))\r\n", cuts) == [431])
    server.stop()
    #expect(server.paths.count == 4)
  }

  @Test("A head over a limit is refused before it ends")
  func early() throws {
    let server = try CarrierHarness()
    for (text, status) in [
      ("GET /" + String(repeating: "a", count: 9_000), 414),
      ("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 9_000), 431),
      ("GET / HTTP/1.1\r\n" + String(repeating: "X: a\r\n", count: 101), 431),
    ] {
      let client = try server.client()
      client.send(text)
      #expect(RawResponse.all(in: try client.receiveAll()).map(\.status) == [status])
    }
    server.stop()
  }

  @Test("Body: at the limit 200, one more 413", arguments: cuts)
  func body(cuts: Cuts) throws {
    let server = try CarrierHarness()
    let full = String(repeating: "b", count: 65_536)
    let client = try server.client()
    client.send(Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n\(full)".utf8), cuts)
    #expect(try client.response()?.body.count == 65_536)
    client.send(
      Array("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n\(full)\r\n0\r\n\r\n".utf8),
      cuts)
    #expect(try client.response()?.body.count == 65_536)
    client.close()
    #expect(try status(server, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n") == [413])
    let chunked = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(try status(server, chunked + "10001\r\n", cuts) == [413])
    #expect(try status(server, chunked + "10000\r\n\(full)\r\n1\r\nb", cuts) == [413])
    #expect(try status(server, chunked + "0\r\n" + String(repeating: "X: y\r\n", count: 6_000), cuts) == [413])
    server.stop()
    #expect(server.paths == ["/echo", "/echo"])
  }

  @Test("A body of one-byte chunks is as good as any")
  func tinyChunks() throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(String(repeating: "1\r\nb\r\n", count: 65_536) + "0\r\n\r\n")
    #expect(try client.response()?.body.count == 65_536)
    client.close()
    server.stop()
  }

  @Test("A route may have a smaller or larger body limit")
  func routeLimit() throws {
    let server = try CarrierHarness()
    server.onLoop { $0.carrier.bodyLimit = { $0.path.elementsEqual("/small".utf8) ? 3 : 100_000 } }
    #expect(try status(server, "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody") == [413])
    let client = try server.client()
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n")
    client.send([UInt8](repeating: 0x62, count: 99_999))
    #expect(try client.response()?.body.count == 99_999)
    client.close()
    server.stop()
  }

  @Test("Never more connections than the limit, and those that wait are served later")
  func connections() throws {
    var limits = HTTPLimits()
    limits.connections = 20
    let server = try CarrierHarness(limits: limits)
    var clients: [RawClient] = []
    for _ in 0..<60 {
      let client = try server.client()
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      clients.append(client)
    }
    #expect(server.eventually { $0.gauges.connections == 20 })
    for client in clients {
      #expect(try client.response()?.status == 200)
      client.close()
    }
    #expect(server.gauges.peak == 20)
    #expect(server.gauges.accepted == 60)
    server.stop()
  }

  @Test("Replaced limits apply to the next head and to waiting connections")
  func replaced() throws {
    var limits = HTTPLimits()
    limits.connections = 1
    let server = try CarrierHarness(limits: limits)
    let first = try server.client()
    first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try first.response()?.status == 200)
    let second = try server.client()
    second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server.onLoop {
      $0.carrier.limits.connections = 2
      $0.carrier.limits.head.maxFields = 1
    }
    #expect(try second.response()?.status == 200)
    second.send("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n")
    #expect(try second.response()?.status == 431)
    first.close()
    second.close()
    server.stop()
  }
}
