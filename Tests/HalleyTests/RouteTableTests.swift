import Testing

@testable import Halley

@Suite("The routing table")
struct RouteTableTests {
  @Test("It shows every route with its transports and what differs from the program's settings")
  func golden() throws {
    let positions = Channel("positions")
    let line = #line
    let site = Sample(hosts: ["a.example"]) {
      Files("pages")
      Get("/time", handler: answer).cors(.any).jsonp(callback: "cb").offLoop()
      Post("/time", handler: answer)
      Route("/positions", positions)
        .websocket(inbound: .publish).sse().longPoll(hold: .seconds(25)).stream().iframe().jsonp().publish()
        .cors(.origins("https://example.com"))
      Route("/rooms/:room", channel: { $0["room"] }).sse().presence()
      Route("/echo").websocket { (_: WebSocket) in }
    }
    let file = try ConfigurationFile(
      parsing: "sites: { Sample: { routes: { '/rooms/:room': { heartbeat: 9s } } } }", name: "halley.yaml")
    let table = RouteTable.text(try plan([site], sources: SettingSources(file: file)))
    let expected = """
      Sample  /sample/  HalleyTests/RouteTableTests.swift  on a.example
        GET      /sample/…            files Public/pages, no-cache
        GET      /sample/time         handler jsonp(cb) cors(any) offLoop
        POST     /sample/time         handler
        GET,POST /sample/positions    channel positions: websocket sse longPoll stream iframe jsonp(callback) publish cors(https://example.com)
            poll.hold 25s  HalleyTests/RouteTableTests.swift:\(line + 6)
        GET      /sample/rooms/:room  channel by request: sse presence
            heartbeat 9s  halley.yaml:1
        GET      /sample/echo         websocket handler

      """
    #expect(table == expected)
  }

  @Test("The settings come with their origin")
  func settings() throws {
    let program = try plan([], sources: SettingSources(arguments: ["--heartbeat", "9s"]))
    let lines = RouteTable.settings(program).split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(lines.contains("heartbeat 9s --heartbeat"))
    #expect(lines.contains("poll.hold 20s built-in"))
    #expect(lines.contains("proxyTimeout unset built-in"))
    #expect(lines.contains("listen 127.0.0.1:8080 built-in"))
    #expect(lines.count == SettingTable.keys.count)
  }
}
