import HalleyServer
import Testing

@testable import Halley

@Suite("Declarations")
struct DeclarationTests {
  private let news = Channel("news")

  @Test("The builder takes if, else, for, switch and routes gathered elsewhere")
  func builder() throws {
    func paths(_ flag: Bool, _ number: Int) -> [String] {
      @Sendable func more() -> Routes { Routes(Get("/more", handler: answer)) }
      let site = Sample {
        Get("/first", handler: answer)
        if flag {
          Get("/if", handler: answer)
          Get("/if2", handler: answer)
        }
        if flag { Get("/yes", handler: answer) } else { Get("/no", handler: answer) }
        for index in 0..<number { Get("/for\(index)", handler: answer) }
        switch number {
        case 0: Get("/zero", handler: answer)
        default: Post("/many", handler: answer)
        }
        more()
      }
      return site.routes.declarations.map(\.path)
    }
    #expect(paths(true, 2) == ["/first", "/if", "/if2", "/yes", "/for0", "/for1", "/many", "/more"])
    #expect(paths(false, 0) == ["/first", "/no", "/zero", "/more"])
    #expect(Sample {}.routes.declarations.isEmpty)
  }

  @Test("The order of modifiers makes no difference")
  func order() throws {
    let cors = CORS.origins("https://a.example").credentials().exposing("X-Total").privateNetwork()
    let forward = Route("/news", news)
      .websocket(inbound: .publish, maxMessage: .mebibytes(1), maxFragments: 9, deflate: true)
      .sse(retry: .seconds(1) ... .seconds(2)).longPoll(hold: .seconds(9)).stream()
      .publish(as: .json).cors(cors).heartbeat(.seconds(7), ping: .seconds(8), pongTimeout: .seconds(3))
      .backpressure(.disconnect, soft: .kibibytes(8), hard: .kibibytes(16))
    let backward = Route("/news", news)
      .backpressure(.disconnect, soft: .kibibytes(8), hard: .kibibytes(16))
      .heartbeat(.seconds(7), ping: .seconds(8), pongTimeout: .seconds(3)).cors(cors).publish(as: .json)
      .stream().longPoll(hold: .seconds(9)).sse(retry: .seconds(1) ... .seconds(2))
      .websocket(inbound: .publish, maxMessage: .mebibytes(1), maxFragments: 9, deflate: true)
    let programs = try [forward, backward].map { route in try plan([Sample { route }]) }
    let (one, other) = (programs[0].plans[0].routes[0], programs[1].plans[0].routes[0])
    #expect(one.settings.current == other.settings.current)
    #expect(one.cors == other.cors)
    guard case .channel(let left) = one.endpoint, case .channel(let right) = other.endpoint else {
      Issue.record("a route with a channel serves a channel")
      return
    }
    #expect(left.transports == right.transports)
    #expect(left.transports == [.webSocket, .eventStream, .longPoll, .stream])
    #expect(left.webSocketInbound == .publish && right.webSocketInbound == .publish)
    #expect(left.post == .publishJSON && right.post == .publishJSON)

    var expected = Settings()
    expected.webSocketMaxMessage = 1 << 20
    expected.webSocketMaxFragments = 9
    expected.webSocketDeflate = true
    expected.sseRetryLow = 1_000
    expected.sseRetryHigh = 2_000
    expected.pollHold = 9_000
    expected.heartbeat = 7_000
    expected.webSocketPing = 8_000
    expected.webSocketPongTimeout = 3_000
    expected.queueSoft = 8 << 10
    expected.queueHard = 16 << 10
    #expect(one.settings.current == expected)
    #expect(
      one.cors
        == CORSOptions(
          origins: ["https://a.example"], credentials: true, exposedFields: ["X-Total"], privateNetwork: true))
  }

  @Test("A site is mounted at its name in lower case unless it says otherwise")
  func mounts() throws {
    struct Weather: Site {
      var routes: Routes { Get("/", handler: answer) }
    }
    struct Home: Site {
      var mount: String { "/" }
      var hosts: [String] { ["home.example"] }
      var routes: Routes { Files("pages", cacheControl: .maxAge(.seconds(60))) }
    }
    let plans = try plan([Weather(), Home()]).plans
    #expect(plans.map(\.name) == ["Weather", "Home"])
    #expect(plans.map(\.mount) == ["/weather/", "/"])
    #expect(plans.map(\.hosts) == [[], ["home.example"]])
    #expect(plans[0].file == "HalleyTests/DeclarationTests.swift")
    guard case .files(let files) = plans[1].routes[0].endpoint else {
      Issue.record("Files serves files")
      return
    }
    #expect(plans[1].routes[0].path == "/")
    #expect(files.cacheControl == "public, max-age=60")
    #expect(files.directory.hasSuffix("/Public/pages"))
  }

  @Test("Handlers, sockets and computed channels become what they say")
  func endpoints() throws {
    let site = Sample {
      Get("/a", handler: answer).jsonp(callback: "cb").offLoop()
      Delete("/a", handler: answer)
      Route("/b", start: .last(5), channel: { "rooms.\($0["room"])" }).sse()
      Route("/c").websocket(subprotocols: ["x"]) { (_: WebSocket) in }.offLoop()
      Route("/d").websocket { (_: WebSocketConnection, _: WebSocketMessage) in }
      Route("/e", news).publish()
    }
    let routes = try #require(try plan([site]).plans.first).routes
    #expect(routes[0].jsonpParameter == "cb")
    if case .handler(let method, let offLoop, _) = routes[0].endpoint { #expect(method == .get && offLoop) }
    if case .handler(let method, let offLoop, _) = routes[1].endpoint { #expect(method == .delete && !offLoop) }
    if case .channel(let channel) = routes[2].endpoint, case .last(let count) = channel.start { #expect(count == 5) }
    if case .socket(let socket) = routes[3].endpoint, case .async(let offLoop, _) = socket.handler {
      #expect(offLoop && socket.subprotocols == ["x"])
    }
    if case .channel(let channel) = routes[5].endpoint { #expect(channel.post == .publish && channel.transports == []) }
    let kinds = routes.map { route in
      switch route.endpoint {
      case .handler: "handler"
      case .files: "files"
      case .channel: "channel"
      case .socket(let socket): if case .async = socket.handler { "async" } else { "synchronous" }
      }
    }
    #expect(kinds == ["handler", "handler", "channel", "async", "synchronous", "channel"])
  }

  @Test(
    "History is a setting like any other: the code's goes before the built-in one, the operator's before the code's")
  func history() throws {
    let site = Sample {
      Route("/a", Channel("a", history: .last(7, age: .seconds(9)))).sse()
      Route("/b", history: .none, channel: { $0["room"] }).sse()
    }
    let routes = try plan([site]).plans[0].routes.map(\.settings.current)
    #expect(routes.map(\.historyMessages) == [7, 0])
    #expect(routes.map(\.historyAge) == [9_000, 300_000])
    let operated = try plan([site], sources: SettingSources(arguments: ["--history-messages", "5"]))
    #expect(operated.plans[0].routes.map(\.settings.current.historyMessages) == [5, 5])
  }

  @Test("The file replaces the list of origins and leaves the rest of the policy")
  func origins() throws {
    let file = try ConfigurationFile(
      parsing: "sites: { Sample: { cors: { origins: [https://b.example] } } }", name: "halley.yaml")
    let site = Sample {
      Get("/a", handler: answer).cors(.origins("https://a.example").credentials())
      Get("/b", handler: answer)
    }
    let routes = try plan([site], sources: SettingSources(file: file)).plans[0].routes
    #expect(routes[0].cors == CORSOptions(origins: ["https://b.example"], credentials: true))
    #expect(routes[1].cors == CORSOptions(origins: ["https://b.example"]))
  }

  @Test("Durations and sizes never trap", arguments: [Int64.max, .min, 0, -1])
  func extremes(seconds: Int64) {
    _ = Duration.seconds(seconds).wholeMilliseconds
    #expect(ByteCount.mebibytes(.max).bytes == .max)
    #expect(Duration.milliseconds(1_500).wholeMilliseconds == 1_500)
  }
}

extension Routes {
  fileprivate init(_ declarations: any RouteDeclaration...) { self.init(declarations.map(\.declaration)) }
}
