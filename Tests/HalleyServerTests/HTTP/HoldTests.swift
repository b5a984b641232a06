import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: held requests")
struct HoldTests {
  static let hold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"
  static let other = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n"

  /// A server with one request held, and its client.
  private func holding(_ limits: HTTPLimits = HTTPLimits()) throws -> (CarrierHarness, RawClient) {
    let server = try CarrierHarness(limits: limits)
    let client = try server.client()
    client.send(Self.hold)
    #expect(server.eventually { $0.onLoop { $0.held.count } == 1 })
    return (server, client)
  }

  private func release(_ server: CarrierHarness) {
    server.onLoop {
      for exchange in $0.held { exchange.reply(status: 200, body: Array("late".utf8)) }
      $0.held = []
    }
  }

  private func goneCount(_ server: CarrierHarness) -> Int { server.gone.load(ordering: .sequentiallyConsistent) }

  @Test("Answered later")
  func late() throws {
    let (server, client) = try holding()
    release(server)
    #expect(try client.response()?.text == "late")
    client.send(Self.other)
    #expect(try client.response()?.text == "hello")
    client.close()
    server.stop()
    #expect(goneCount(server) == 0)
  }

  @Test("One byte too early waits for its turn")
  func oneByte() throws {
    let (server, client) = try holding()
    client.send("G")
    client.send("E")
    // A round trip on another connection: the bytes have been read by then.
    let probe = try server.client()
    probe.send(Self.other)
    _ = try probe.response()
    probe.close()
    release(server)
    #expect(try client.response()?.text == "late")
    client.send("T /next HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(try client.response()?.text == "hello")
    client.close()
    server.stop()
    #expect(server.paths == ["/hold", "/other", "/next"])
  }

  @Test("A whole request too early is served after the answer, not before")
  func wholeRequest() throws {
    let (server, client) = try holding()
    client.send(Self.other + Self.other)
    let probe = try server.client()
    probe.send("GET /probe HTTP/1.1\r\nHost: a\r\n\r\n")
    _ = try probe.response()
    probe.close()
    #expect(server.count(of: "/other") == 0)
    release(server)
    #expect(try client.response()?.text == "late")
    #expect(try client.response()?.text == "hello")
    #expect(try client.response()?.text == "hello")
    client.close()
    server.stop()
  }

  @Test("A bad request too early is refused after the answer")
  func badRequest() throws {
    let (server, client) = try holding()
    client.send("GET /x\r\n\r\n" + Self.other)
    release(server)
    #expect(RawResponse.all(in: try client.receiveAll()).map(\.status) == [200, 400])
    client.close()
    server.stop()
    #expect(server.count(of: "/other") == 0)
  }

  @Test("A flood ends the connection and costs no more than the cap")
  func flood() throws {
    let (server, client) = try holding()
    let piece = [UInt8](repeating: 0x41, count: 65_536)
    var sent = 0
    while sent < 64 << 20, client.send(piece) { sent += piece.count }
    #expect(sent < 64 << 20)
    #expect(server.eventually { goneCount($0) == 1 })
    #expect(server.onLoop { $0.held.first?.isGone } == true)
    #expect(server.gauges.flooded == 1)
    client.close()
    server.stop()
  }

  @Test("The peer leaves: told once, freed once", arguments: ["close", "reset", "half"])
  func leaves(how: String) throws {
    let (server, client) = try holding()
    switch how {
    case "close": client.close()
    case "reset": client.reset()
    default: client.finishSending()
    }
    #expect(server.eventually { goneCount($0) == 1 })
    #expect(server.onLoop { $0.held.first?.isGone } == true)
    // A late answer to nobody does nothing.
    release(server)
    client.close()
    server.stop()
    #expect(goneCount(server) == 1)
  }

  @Test("The peer leaves at the moment of the reply", arguments: [false, true])
  func leavesAtReply(reset: Bool) throws {
    let server = try CarrierHarness()
    for round in 0..<100 {
      let client = try server.client()
      client.send(round % 3 == 0 ? Self.hold + Self.other : Self.hold)
      #expect(server.eventually { $0.onLoop { $0.held.count } == 1 })
      if round % 2 == 0 {
        if reset { client.reset() } else { client.close() }
        release(server)
      } else {
        server.loop.submit {
          for exchange in server.held { exchange.reply(status: 200, body: Array("late".utf8)) }
          server.held = []
        }
        if reset { client.reset() } else { client.close() }
        server.onLoop { _ in }
      }
    }
    server.stop()
  }

  @Test("Killed by the server while held")
  func killed() throws {
    let (server, client) = try holding()
    server.onLoop { for exchange in $0.held { exchange.abort() } }
    #expect(throws: Never.self) { try client.receiveAll() }
    #expect(goneCount(server) == 1)
    server.stop()
  }

  @Test("The server stops while requests are held")
  func stopped() throws {
    let (server, client) = try holding()
    let second = try server.client()
    second.send(Self.hold)
    #expect(server.eventually { $0.onLoop { $0.held.count } == 2 })
    server.kill()
    #expect(goneCount(server) == 2)
    _ = (client, second)
  }

  @Test("One body for many waiters")
  func shared() throws {
    let server = try CarrierHarness()
    var clients: [RawClient] = []
    for _ in 0..<50 {
      let client = try server.client()
      client.send(Self.hold)
      clients.append(client)
    }
    #expect(server.eventually { $0.onLoop { $0.held.count } == 50 })
    let size = 100_000
    weak var watched: SharedBody?
    watched =
      server.onLoop { server in
        let body = SharedBody([UInt8](repeating: 0x61, count: size))
        for exchange in server.held { exchange.reply(status: 200, fields: [:], shared: body) }
        server.held = []
        return Weak(body)
      }.object
    for client in clients {
      let response = try #require(try client.response())
      #expect(response.body.count == size)
      #expect(response.body.allSatisfy { $0 == 0x61 })
      client.close()
    }
    server.stop()
    #expect(watched == nil)
  }

  private final class Weak: Sendable {
    private weak let stored: SharedBody?
    init(_ object: SharedBody) { stored = object }
    var object: SharedBody? { stored }
  }

  @Test("100 pipelined requests are answered in order, one of them held")
  func pipelined() throws {
    let server = try CarrierHarness { harness, exchange in
      let path = String(decoding: exchange.head.path, as: UTF8.self)
      if path == "/42" {
        harness.held.append(exchange)
        exchange.hold {}
      } else {
        exchange.reply(status: 200, body: Array(path.utf8))
      }
    }
    let client = try server.client()
    client.send((0..<100).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined())
    for number in 0..<42 { #expect(try client.response()?.text == "/\(number)") }
    #expect(server.eventually { $0.onLoop { $0.held.count } == 1 })
    #expect(server.paths.count == 43)
    server.onLoop { $0.held.removeFirst().reply(status: 200, body: Array("/42".utf8)) }
    for number in 42..<100 { #expect(try client.response()?.text == "/\(number)") }
    client.close()
    server.stop()
  }
}
