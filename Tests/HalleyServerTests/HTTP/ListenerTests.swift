import Glibc
import HalleyEventLoop
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: listeners")
struct ListenerTests {
  @Test("IPv6")
  func ipv6() throws {
    let server = try CarrierHarness(host: "::1") { _, exchange in
      exchange.reply(status: 200, body: Array(exchange.peer.utf8))
    }
    let client = try RawClient(port: server.port, ipv6: true)
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.text == "::1")
    client.close()
    server.stop()
  }

  @Test("The peer's address, and none after the answer")
  func peer() throws {
    let server = try CarrierHarness { harness, exchange in
      exchange.reply(status: 200, body: Array(exchange.peer.utf8))
      harness.held.append(exchange)
    }
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.text == "127.0.0.1")
    #expect(server.onLoop { $0.held.first?.peer } == "")
    client.close()
    server.stop()
  }

  @Test(
    "What a vanished peer does not acknowledge ends its connection, not before a slow one is given up",
    arguments: [5_000, 30_000, 300_000])
  func userTimeout(stall: Int) throws {
    var limits = HTTPLimits()
    let server = try CarrierHarness(limits: limits)
    limits.stallTimeout = stall
    server.onLoop { [limits] in $0.carrier.limits = limits }
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.status == 200)
    #expect(server.patience == [Int32(max(30_000, stall))])
    client.close()
    server.stop()
  }

  @Test("A name, several listeners, several loops on one port")
  func several() throws {
    let first = try CarrierHarness(host: "localhost")
    let port = try first.onLoop { harness in
      Result { try harness.carrier.listen(host: "127.0.0.1", port: 0, reusePort: true) }
    }.get()
    let second = try CarrierHarness()
    _ = try second.onLoop { harness in
      Result { try harness.carrier.listen(host: "127.0.0.1", port: port, reusePort: true) }
    }.get()
    for _ in 0..<20 {
      let client = try RawClient(port: port)
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.response()?.status == 200)
      client.close()
    }
    first.stop()
    second.stop()
    #expect(first.paths.count + second.paths.count == 20)
  }

  @Test("What cannot be listened on is said")
  func errors() throws {
    let server = try CarrierHarness()
    let port = server.port
    let outcomes = server.onLoop { harness in
      [("127.0.0.1", port), ("nowhere.invalid", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1), ("192.0.2.1", 0)].map {
        host, port in
        do throws(HTTPCarrier.CarrierError) {
          try harness.carrier.listen(host: host, port: port)
          return Int32(0)
        } catch {
          guard case .cannotListen(_, _, let code) = error else { return -1 }
          return code
        }
      }
    }
    #expect(outcomes == [EADDRINUSE, EADDRNOTAVAIL, EINVAL, EINVAL, EADDRNOTAVAIL])
    let client = try server.client()
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.status == 200)
    client.close()
    server.stop()
  }
}
