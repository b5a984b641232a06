import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: one request never hides in another")
struct SmugglingTests {
  @Test("A bad request gets one answer and a close, and what follows it is never a request")
  func refused() throws {
    let server = try CarrierHarness()
    for (index, vector) in SmugglingVector.all.enumerated() {
      for cuts in Cuts.all(seed: UInt64(index)) {
        let client = try server.client()
        client.send(vector.bytes + SmugglingVector.canary, cuts)
        let bytes = try client.receiveAll()
        let responses = RawResponse.all(in: bytes)
        let what: Comment = "\(vector.name), \(cuts): \(String(decoding: bytes, as: UTF8.self).debugDescription)"
        #expect(responses.map(\.status) == [vector.status], what)
        #expect(responses.first?["connection"] == "close", what)
        #expect(responses.first?["content-type"] == "application/json", what)
        // RFC 9110 §9.3.2: no answer to HEAD has a body.
        let isHead = vector.bytes.starts(with: Array("HEAD ".utf8))
        #expect(responses.first?.text.hasPrefix("{\"error\":\"") == !isHead, what)
      }
    }
    server.stop()
    #expect(server.paths == [])
  }

  @Test("The same after a good request on the same connection", arguments: [0, 1])
  func refusedSecond(cutting: Int) throws {
    let server = try CarrierHarness()
    let good = Array("GET /good HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    for (index, vector) in SmugglingVector.all.enumerated() {
      let client = try server.client()
      client.send(
        good + vector.bytes + SmugglingVector.canary, cutting == 0 ? .whole : .random(seed: UInt64(index)))
      #expect(RawResponse.all(in: try client.receiveAll()).map(\.status) == [200, vector.status], "\(vector.name)")
    }
    server.stop()
    #expect(server.count(of: "/good") == SmugglingVector.all.count)
    #expect(server.count(of: "/canary") == 0)
  }

  @Test("The canary lives: after a good request it is a request", arguments: Cuts.all(seed: 3))
  func canary(cuts: Cuts) throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send(Array("GET /x HTTP/1.1\r\nHost: a\r\n\r\n".utf8) + SmugglingVector.canary, cuts)
    for _ in 0..<2 { #expect(try client.response()?.status == 200) }
    client.close()
    server.stop()
    #expect(server.count(of: "/canary") == 1)
  }

  @Test("Good requests that others misread are read once and right")
  func allowed() throws {
    let server = try CarrierHarness()
    let heads = [
      "GET //evil/p HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /x HTTP/1.2\r\nHost: a\r\n\r\n",
      "GET /x HTTP/1.9\r\nHost: a\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      "DELETE /x HTTP/1.1\r\nHost: a\r\nX:\t value \t\r\n\r\n",
      "PATCH /x HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 00000000004\r\n\r\nbody",
    ]
    let client = try server.client()
    for head in heads {
      client.send(head)
      #expect(try client.response()?.status == 200, "\(head)")
    }
    client.close()
    server.stop()
    #expect(server.paths == ["//evil/p", "/x", "/x", "/x", "/x", "*", "/x", "/x"])
  }
}
