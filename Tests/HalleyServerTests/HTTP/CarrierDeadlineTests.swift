import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: deadlines")
struct CarrierDeadlineTests {
  /// Limits of `milliseconds` for the phase that is tested; all others stay long.
  private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
    var limits = HTTPLimits()
    change(&limits)
    return limits
  }

  /// What came until the server closed, and after how many milliseconds.
  private func closing(_ client: RawClient) throws -> (statuses: [Int], after: Int) {
    let clock = ContinuousClock()
    let start = clock.now
    let bytes = try client.receiveAll()
    let time = (clock.now - start).components
    return (
      RawResponse.all(in: bytes).map(\.status), Int(time.seconds) * 1000 + Int(time.attoseconds / 1_000_000_000_000_000)
    )
  }

  @Test("No first byte: closed without a word")
  func firstByte() throws {
    let server = try CarrierHarness(limits: limits { $0.firstByteTimeout = 150 })
    let client = try server.client()
    let (statuses, after) = try closing(client)
    #expect(statuses == [])
    #expect(after >= 130)
    #expect(server.gauges.expired == 1)
    server.stop()
  }

  @Test("A head that trickles in: 408, however many bytes come")
  func head() throws {
    let server = try CarrierHarness(limits: limits { $0.headTimeout = 200 })
    let client = try server.client()
    client.setTimeout(milliseconds: 20)
    let clock = ContinuousClock()
    let start = clock.now
    var answer: [UInt8] = []
    client.send("GET /")
    while clock.now - start < .seconds(8) {
      guard client.send("a") else { break }
      if let bytes = try? client.receive() {
        answer = bytes
        break
      }
    }
    #expect(RawResponse(head: answer).status == 408)
    #expect(clock.now - start >= .milliseconds(180))
    client.close()
    server.stop()
  }

  @Test("A second head that stops half way: 408")
  func secondHead() throws {
    let server = try CarrierHarness(limits: limits { $0.headTimeout = 150 })
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HT")
    let (statuses, after) = try closing(client)
    #expect(statuses == [200, 408])
    #expect(after >= 130)
    server.stop()
  }

  @Test("A body that stops half way: 408", arguments: [false, true])
  func body(chunked: Bool) throws {
    let server = try CarrierHarness(
      limits: limits {
        $0.bodyTimeout = 150
        $0.bodyRate = 1_000_000
      })
    let client = try server.client()
    let field = chunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nbo" : "Content-Length: 4\r\n\r\nbo"
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\n" + field)
    #expect(try closing(client).statuses == [408])
    #expect(server.paths == [])
    server.stop()
  }

  @Test("A large body gets time for its size")
  func bodySize() throws {
    let server = try CarrierHarness(
      limits: limits {
        $0.bodyTimeout = 50
        $0.bodyRate = 100
      })
    let client = try server.client()
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\nbo")
    let (statuses, after) = try closing(client)
    #expect(statuses == [408])
    #expect(after >= 320)
    server.stop()
  }

  @Test("Idle after an answer: closed without a word")
  func idle() throws {
    let server = try CarrierHarness(limits: limits { $0.idleTimeout = 150 })
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    let (statuses, after) = try closing(client)
    #expect(statuses == [200])
    #expect(after >= 130)
    server.stop()
  }

  @Test("A held request has no deadline, and the connection has one again after the answer")
  func held() throws {
    let server = try CarrierHarness(
      limits: limits {
        $0.firstByteTimeout = 50
        $0.headTimeout = 50
        $0.idleTimeout = 50
        $0.stallTimeout = 50
      })
    let client = try server.client()
    client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
    client.setTimeout(milliseconds: 400)
    #expect(throws: RawClient.Failure.timeout) { try client.receive() }
    server.onLoop { $0.held.removeFirst().reply(status: 200) }
    #expect(try closing(client).statuses == [200])
    server.stop()
  }

  @Test("A reader that does not read: closed after the stall, not before; one that reads slowly is served")
  func stall() throws {
    let size = 8 << 20
    let server = try CarrierHarness(limits: limits { $0.stallTimeout = 300 }) { _, exchange in
      exchange.reply(status: 200, body: [UInt8](repeating: 0x61, count: size))
    }
    let stuck = try server.client()
    stuck.shrinkReceiveBuffer()
    stuck.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.gauges.expired == 1 })

    let slow = try server.client()
    slow.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    let clock = ContinuousClock()
    let start = clock.now
    var received = 0
    // At least twice the stall time in all, but never silent.
    while true {
      let bytes = try slow.receive(upTo: 65_536)
      if bytes.isEmpty { break }
      received += bytes.count
      let due = start + .milliseconds(received * 700 / size)
      while clock.now < due {}
    }
    #expect(received > size)
    #expect(clock.now - start >= .milliseconds(600))
    #expect(server.gauges.expired == 1)
    stuck.close()
    slow.close()
    server.stop()
  }

  @Test("A peer that never ends after a refusal is closed after the lingering time, or the lingering bytes")
  func linger() throws {
    let server = try CarrierHarness(limits: limits { $0.lingerTimeout = 100 })
    let quiet = try server.client()
    quiet.send("nonsense\r\n\r\n")
    #expect(RawResponse.all(in: try quiet.receiveAll()).map(\.status) == [400])
    #expect(server.eventually { $0.gauges.connections == 0 })
    server.onLoop { $0.carrier.limits.lingerTimeout = 60_000 }
    let loud = try server.client()
    loud.send("nonsense\r\n\r\n")
    let piece = [UInt8](repeating: 0x41, count: 4_096)
    var sent = 0
    while sent < 64 << 20, loud.send(piece) { sent += piece.count }
    #expect(sent < 64 << 20)
    #expect(server.eventually { $0.gauges.connections == 0 })
    server.stop()
  }

  @Test("Stopping to accept ends idle connections and lets a request in work finish")
  func stopAccepting() throws {
    let server = try CarrierHarness()
    let idle = try server.client()
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try idle.response()?.status == 200)
    let busy = try server.client()
    busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(server.eventually { $0.onLoop { $0.held.count } == 1 })
    server.onLoop { $0.carrier.stopAccepting() }
    #expect(try idle.receiveAll() == [])
    #expect(throws: RawClient.Failure.self) { try server.client() }
    server.onLoop { $0.held.removeFirst().reply(status: 200) }
    let last = RawResponse.all(in: try busy.receiveAll())
    #expect(last.map(\.status) == [200])
    #expect(last.first?["connection"] == "close")
    busy.close()
    server.stop()
  }
}
