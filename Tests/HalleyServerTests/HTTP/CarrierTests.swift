import HTTPTypes
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: requests and replies")
struct CarrierTests {
  @Test("A request is answered, and the connection serves the next one")
  func keepAlive() throws {
    let server = try CarrierHarness()
    let client = try server.client()
    for _ in 0..<3 {
      client.send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try #require(try client.response())
      #expect(response.status == 200)
      #expect(response["content-length"] == "5")
      #expect(response["date"]?.hasSuffix(" GMT") == true)
      #expect(response["connection"] == nil)
      #expect(response.text == "hello")
    }
    client.close()
    server.stop()
    #expect(server.count(of: "/a") == 3)
  }

  @Test("A head may come in any pieces", arguments: Cuts.all(seed: 7))
  func pieces(cuts: Cuts) throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send(
      Array("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
      cuts)
    #expect(try client.response()?.text == "body")
    #expect(try client.response()?.text == "hello")
    client.close()
    server.stop()
    #expect(server.paths == ["/echo", "/b"])
  }

  @Test("A chunked body is decoded, and the connection ends after it", arguments: Cuts.all(seed: 8))
  func chunked(cuts: Cuts) throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send(
      Array(
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nA\r\n0123456789\r\n0\r\nX-Trailer: y\r\n\r\nGET /canary HTTP/1.1\r\nHost: a\r\n\r\n"
          .utf8), cuts)
    let responses = RawResponse.all(in: try client.receiveAll())
    #expect(responses.map(\.text) == ["body0123456789"])
    #expect(responses.first?["connection"] == "close")
    client.close()
    server.stop()
    #expect(server.count(of: "/canary") == 0)
  }

  @Test(
    "A refused HEAD gets no body",
    arguments: [
      "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "HEAD / HTTP/1.1\r\n\r\n",
      "HEAD / HTTP/1.1\r\nHost: a\r\nA: \(String(repeating: "x", count: 9000))\r\n\r\n", "HEAD / HTTP/1.1\nHost: a\n\n",
    ], Cuts.all(seed: 9))
  func refusedHead(request: String, cuts: Cuts) throws {
    let server = try CarrierHarness()
    let client = try server.client()
    client.send(Array(request.utf8), cuts)
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 4"))
    #expect(answer.hasSuffix("\r\n\r\n"))
    client.close()
    server.stop()
  }
}
