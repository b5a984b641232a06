import FoundationEssentials
import HalleyChannels
import HalleyTesting
import Logging
import Testing

@testable import Halley

/// Delivery contract §7.6, §11, rule R8. The settings go around the configuration, which takes no time as short as
/// these.
@Suite("Rotation", .timeLimit(.minutes(1)))
struct RotationTests {
  private struct Turning: Site {
    let news = Channel("news")
    var routes: Routes {
      Route("/news", news).websocket().sse()
      Route("/echo").websocket { (socket: WebSocket) in
        for try await message in socket { try await socket.send(message) }
      }
    }
  }

  private let site = Turning()

  /// Serves while `body` runs; `turn` puts another time in force, milliseconds, as a reload does.
  private func serving(
    rotate: Int, _ body: (_ port: Int, _ turn: (Int) -> Void) async throws -> Void
  ) async throws {
    let arguments = ["--listen", "127.0.0.1:0", "--threads", "1"]
    var program = try plan([site], sources: SettingSources(arguments: arguments))
    func set(_ milliseconds: Int) {
      for route in program.sites[0].routes.indices {
        program.sites[0].routes[route].values["rotate"]?.value = .number(milliseconds)
      }
    }
    set(rotate)
    program.commit()
    let server = try RunningServer(
      program, broker: nil, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
      try await body(try #require(URL(string: String(server.addresses[0].split(separator: " ")[1]))?.port)) {
        set($0)
        server.reload(program)
      }
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private func framed(_ port: Int, cursor: String? = nil, smallBuffer: Bool = false) throws -> RawClient {
    let client = try RawClient.webSocket(
      "/turning/news", port: port, subprotocol: "halley.v1", smallBuffer: smallBuffer)
    client.sendFrame(cursor.map { #"{"type":"hello","cursor":"\#($0)"}"# } ?? #"{"type":"hello"}"#)
    return client
  }

  private struct Frame: Decodable, Equatable {
    var type: String
    var resume: String?
    var cursor: String?
    var id: String?
    var data: Int?
  }

  private struct Reason: Decodable {
    var retry: Int
    var reason: String
  }

  /// The next frame; nil for the close frame of a rotation, which has been checked.
  private func next(_ client: RawClient) throws -> Frame? {
    while true {
      let (first, payload) = try client.receiveFrame()
      if first == 0x81 { return try JSONDecoder().decode(Frame.self, from: Data(payload)) }
      guard first == 0x88 else { continue }
      #expect(payload.prefix(2) == [0x10, 0x68], "4200")
      let reason = try JSONDecoder().decode(Reason.self, from: Data(payload.dropFirst(2)))
      #expect((0...1_000).contains(reason.retry))
      #expect(reason.reason == "rotate")
      return nil
    }
  }

  @Test("A framed socket is closed with 4200 again and again and misses nothing; sockets with payloads only stay")
  func followed() async throws {
    try await serving(rotate: 250) { port, _ in
      let raw = try RawClient.webSocket("/turning/news", port: port)
      let echo = try RawClient.webSocket("/turning/echo", port: port)
      var cursor: String?
      var published = 0
      var seen: [Int] = []
      for turn in 0..<4 {
        let opened = ContinuousClock.now
        let client = try framed(port, cursor: cursor)
        let welcome = try #require(try next(client))
        #expect(welcome.type == "welcome" && welcome.resume == (turn == 0 ? "new" : "resumed"))
        cursor = welcome.cursor
        if turn == 0 {
          published += 1
          try await site.news.publish(json: published)
        }
        // Each message brings about the next one, up to the close.
        while let frame = try next(client) {
          guard frame.type == "message", let number = frame.data else { continue }
          cursor = frame.id
          seen.append(number)
          published += 1
          try await site.news.publish(json: published)
        }
        #expect(ContinuousClock.now - opened >= .milliseconds(190), "no sooner than 0.8 of the time")
        // The answer to the close frame lets the server end the connection.
        client.send([0x88, 0x82, 0, 0, 0, 0, 0x10, 0x68])
        #expect(try client.receiveAll().isEmpty)
      }
      let client = try framed(port, cursor: cursor)
      while seen.last != published { if let number = try next(client)?.data { seen.append(number) } }
      #expect(seen == Array(1...published))
      for number in 1...published { #expect(try raw.receiveText() == "\(number)") }
      echo.sendFrame("still here")
      #expect(try echo.receiveText() == "still here")
    }
  }

  @Test("What waits for a slow reader leaves before the close frame")
  func flushed() async throws {
    try await serving(rotate: 0) { port, turn in
      let client = try framed(port, smallBuffer: true)
      #expect(try next(client)?.type == "welcome")
      var published = 0
      let padding = String(repeating: " ", count: 4_000)
      while try health(port).queuedBytes < 16 << 10 {
        try #require(published < 10_000)
        published += 1
        try await site.news.publish("\(published)\(padding)")
      }
      let waiting = try health(port).queuedBytes
      turn(1)
      // The close frame waits too.
      try until { try health(port).queuedBytes > waiting }
      var seen = 0
      while true {
        let (first, payload) = try client.receiveFrame()
        if first == 0x88 {
          #expect(payload.prefix(2) == [0x10, 0x68])
          break
        }
        if first == 0x81 { seen += 1 }
      }
      #expect(seen == published)
    }
  }

  @Test("A reload reaches open connections: 0 lets them stay, a time that is over ends them")
  func reloaded() async throws {
    try await serving(rotate: 2_000) { port, turn in
      let client = try framed(port)
      #expect(try next(client)?.type == "welcome")
      turn(0)
      try await Task.sleep(for: .milliseconds(2_100))
      try await site.news.publish(json: 7)
      #expect(try next(client)?.data == 7)
      turn(100)
      #expect(try next(client) == nil)
    }
  }

  @Test("A socket that has not greeted yet has its time for that")
  func waiting() async throws {
    try await serving(rotate: 100) { port, _ in
      let client = try RawClient.webSocket("/turning/news", port: port, subprotocol: "halley.v1")
      try await Task.sleep(for: .milliseconds(250))
      client.sendFrame(#"{"type":"hello"}"#)
      #expect(try next(client)?.type == "welcome")
      #expect(try next(client) == nil)
    }
  }

  @Test("An event stream says move and ends")
  func stream() async throws {
    try await serving(rotate: 250) { port, _ in
      let client = try RawClient(port: port)
      client.send("GET /turning/news HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
      let text = String(decoding: try client.receiveAll(), as: UTF8.self)
      #expect(text.contains("event: halley.move\ndata: {\"type\":\"move\",\"reason\":\"rotate\",\"retry\":"))
      #expect(text.hasSuffix("0\r\n\r\n"))
    }
  }
}
