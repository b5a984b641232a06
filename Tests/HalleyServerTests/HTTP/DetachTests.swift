import Glibc
import HTTPTypes
import HalleyEventLoop
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: detached connections")
struct DetachTests {
  /// Echoes lines; ends after `quit`.
  private final class LineDriver: ConnectionDriver {
    weak var carrier: HTTPCarrier?
    var opened = 0
    var endedCount = 0

    override func opened(_ connection: Connection) { opened += 1 }

    override func received(_ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
      var used = 0
      for index in 0..<count where bytes[index] == 0x0A {
        connection.write(UnsafeRawBufferPointer(start: bytes + used, count: index + 1 - used))
        used = index + 1
      }
      return used
    }

    override func ended(_ connection: Connection) {
      endedCount += 1
      carrier?.detachedConnectionEnded()
    }
  }

  private final class Drivers: @unchecked Sendable { let line = LineDriver() }

  private static let upgrade = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n"
  private static let plain = "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n"

  private static func detach(_ exchange: HTTPExchange, _ drivers: Drivers) {
    guard
      let head = exchange.responseHead(
        status: 101, fields: [.connection: "Upgrade", .upgrade: "lines"])
    else { return exchange.reply(status: 500) }
    do {
      try exchange.detach(to: drivers.line, head: head.span.bytes)
    } catch HTTPExchange.DetachError.refused {
      exchange.reply(error: "no_descriptors", status: 503)
    } catch {}
  }

  private func makeServer(_ limits: HTTPLimits = HTTPLimits()) throws -> (CarrierHarness, Drivers) {
    let drivers = Drivers()
    let server = try CarrierHarness(limits: limits) { harness, exchange in
      switch String(decoding: exchange.head.path, as: UTF8.self) {
      case "/up": Self.detach(exchange, drivers)
      case "/later":
        harness.held.append(exchange)
        exchange.hold {}
      default: exchange.reply(status: 200, body: Array("plain".utf8))
      }
    }
    server.onLoop { drivers.line.carrier = $0.carrier }
    return (server, drivers)
  }

  /// The head of the upgrade's answer, checked.
  private func expectUpgrade(_ client: RawClient) throws {
    let head = RawResponse(head: try client.receive(until: "\r\n\r\n"))
    #expect(head.status == 101)
    #expect(head["upgrade"] == "lines")
    #expect(head["content-length"] == nil)
    #expect(head["date"] != nil)
  }

  private func line(_ client: RawClient) throws -> String {
    String(decoding: try client.receive(until: "\n"), as: UTF8.self)
  }

  @Test("Nine ways of a client, with resets and ends at any moment", arguments: 0..<9)
  func behaviours(mode: Int) throws {
    let (server, drivers) = try makeServer()
    let rounds = 60
    for round in 0..<rounds {
      let client = try server.client()
      switch mode {
      case 0:
        client.send(Self.upgrade)
        try expectUpgrade(client)
        client.send("one\n")
        #expect(try line(client) == "one\n")
      case 1:
        client.send(Self.upgrade + "one\ntwo\n")
        try expectUpgrade(client)
        #expect(try line(client) == "one\n")
        #expect(try line(client) == "two\n")
      case 2:
        client.send(Self.upgrade + "on")
        try expectUpgrade(client)
        client.send("e\n")
        #expect(try line(client) == "one\n")
      case 3:
        client.send(Self.upgrade)
        client.reset()
      case 4:
        client.send(Self.upgrade + "one\n")
        client.close()
      case 5:
        client.send(Self.plain + Self.plain + Self.upgrade + "one\n")
        #expect(try client.response()?.text == "plain")
        #expect(try client.response()?.text == "plain")
        try expectUpgrade(client)
        #expect(try line(client) == "one\n")
      case 6:
        client.send("POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + Self.upgrade + "one\n")
        #expect(try client.response()?.text == "plain")
        try expectUpgrade(client)
        #expect(try line(client) == "one\n")
      case 7:
        client.send(Array((Self.upgrade + "one\n").utf8), .bytes)
        try expectUpgrade(client)
        #expect(try line(client) == "one\n")
      default:
        client.send(Self.upgrade + "one\n")
        client.finishSending()
        try expectUpgrade(client)
        #expect(try line(client) == "one\n")
      }
      if round % 2 == 0 { client.close() } else { client.reset() }
    }
    #expect(server.eventually { $0.gauges.connections == 0 && $0.loop.gauges.connections == 0 })
    #expect(server.onLoop { _ in drivers.line.opened == drivers.line.endedCount })
    if mode != 3 && mode != 4 { #expect(server.onLoop { _ in drivers.line.opened } == rounds) }
    server.stop()
  }

  @Test("A vanished peer's time is that of the route", arguments: [5_000, 30_000, 300_000])
  func patience(stall: Int) throws {
    var limits = HTTPLimits()
    limits.stallTimeout = 60_000
    let (server, drivers) = try makeServer(limits)
    server.onLoop { _ in drivers.line.writeStall = UInt64(stall) }
    let client = try server.client()
    client.send(Self.plain)
    #expect(try client.response()?.text == "plain")
    #expect(server.patience == [60_000])
    client.send(Self.upgrade + "one\n")
    try expectUpgrade(client)
    #expect(try line(client) == "one\n")
    #expect(server.patience == [Int32(max(30_000, stall))])
    client.close()
    server.stop()
  }

  @Test("A held request can be detached too, with what came meanwhile")
  func held() throws {
    let (server, drivers) = try makeServer()
    let client = try server.client()
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\none\n")
    #expect(server.eventually { $0.onLoop { $0.held.count } == 1 })
    server.onLoop { Self.detach($0.held.removeFirst(), drivers) }
    try expectUpgrade(client)
    #expect(try line(client) == "one\n")
    client.close()
    server.stop()
  }

  @Test("Detached connections count against the limit until they end")
  func limit() throws {
    var limits = HTTPLimits()
    limits.connections = 3
    let (server, _) = try makeServer(limits)
    var upgraded: [RawClient] = []
    for _ in 0..<3 {
      let client = try server.client()
      client.send(Self.upgrade)
      try expectUpgrade(client)
      upgraded.append(client)
    }
    let waiting = try server.client()
    waiting.send(Self.plain)
    #expect(server.gauges.detached == 3)
    #expect(server.gauges.connections == 3)
    #expect(server.gauges.accepted == 3)
    upgraded[0].close()
    #expect(try waiting.response()?.status == 200)
    #expect(server.gauges.peak == 3)
    upgraded[1].close()
    upgraded[2].close()
    waiting.close()
    server.stop()
  }

  @Test("No descriptor is left behind")
  func descriptors() throws {
    func open() -> Int { (0..<4096).count { fcntl($0, F_GETFD) >= 0 } }
    let (server, _) = try makeServer()
    let before = open()
    for _ in 0..<200 {
      let client = try server.client()
      client.send(Self.upgrade)
      try expectUpgrade(client)
      client.close()
    }
    #expect(server.eventually { $0.gauges.connections == 0 })
    // Other tests run meanwhile and have descriptors of their own; 200 leaked ones would still show.
    #expect(open() - before < 150)
    server.stop()
  }

  @Test("A response head takes no broken fields")
  func brokenHead() throws {
    let server = try CarrierHarness { _, exchange in
      let name = HTTPField.Name("X-A")
      #expect(name != nil)
      exchange.reply(status: exchange.responseHead(status: 101, fields: [.upgrade: "a\r\nX: y"]) == nil ? 500 : 200)
    }
    let client = try server.client()
    client.send(Self.plain)
    // HTTPFields replaces control bytes by itself; what matters is that no line is added.
    #expect(try client.response() != nil)
    client.close()
    server.stop()
  }
}
