import HTTPTypes
import HalleyTesting
import Testing

@testable import Halley

@Suite("Requests as handlers see them")
struct RequestTests {
  @Test("Fields are as they came, also after a handler has waited, and a handler may replace them")
  func fields() async throws {
    let site = Sample {
      Get("/fields") { request in
        var request = request
        try await Task.sleep(for: .milliseconds(20))
        let received = request.headerFields.map { "\($0.name.rawName)=\($0.value)" }.joined(separator: "|")
        request.headerFields[.accept] = "replaced"
        request.headerFields[.cookie] = nil
        return .text("\(received) then \(request.headerFields[.accept] ?? "-"), \(request.headerFields.count)")
      }
    }
    try await serving([site]) { port in
      let client = try RawClient(port: port)
      client.send("GET /sample/fields HTTP/1.1\r\nHost: localhost\r\nX-One:\t 1 \r\nx-one: 2\r\nCookie: a=b\r\n\r\n")
      let answer = try #require(try client.response())
      #expect(
        String(decoding: answer.body, as: UTF8.self)
          == "Host=localhost|X-One=1|x-one=2|Cookie=a=b then replaced, 4")
      client.close()
    }
  }

  @Test("A socket's handler sees the fields of its handshake as long as it runs")
  func handshake() async throws {
    let site = Sample {
      Route("/socket").websocket { socket in
        for try await message in socket {
          guard let name = HTTPField.Name(message.text) else { continue }
          try await socket.send(socket.request.headerFields[name] ?? "none")
        }
      }
    }
    try await serving([site]) { port in
      let client = try RawClient.webSocket("/sample/socket", port: port)
      for (asked, told) in [("upgrade", "websocket"), ("cookie", "none"), ("sec-websocket-version", "13")] {
        client.send([0x81, 0x80 | UInt8(asked.utf8.count), 0, 0, 0, 0] + Array(asked.utf8))
        #expect(try client.receive(upTo: 2 + told.utf8.count) == [0x81, UInt8(told.utf8.count)] + Array(told.utf8))
      }
      client.close()
    }
  }
}
