import HalleyServer
import Testing

@testable import Halley

@Suite("Mistakes that stop the start")
struct StartErrorTests {
  private let news = Channel("news")

  private func only(_ sites: any Site..., file: String? = nil) throws -> String {
    let sources = try SettingSources(
      file: file.map { text throws in try ConfigurationFile(parsing: text, name: "halley.yaml") })
    let found = try mistakes(sites, sources: sources)
    #expect(found.count == 1, "\(found)")
    return found.first ?? ""
  }

  private func place(_ line: Int) -> String { "HalleyTests/StartErrorTests.swift:\(line)" }

  @Test("A modifier given twice")
  func twice() throws {
    let line = #line + 1
    let site = Sample { Route("/news", news).sse().sse() }
    #expect(try only(site) == "\(place(line)): route /news: '.sse' is given twice; remove one of them")
  }

  @Test("Members of several channels, or of none")
  func presence() throws {
    let other = Channel("other")
    let sentence = "members belong to one channel; remove '.presence' or give the route a single channel"
    #expect(try only(Sample { Route("/both", news, other).sse().presence() }).hasSuffix(sentence))
    let handler = Sample { Route("/echo").websocket { (_: WebSocket) in }.presence() }
    #expect(try only(handler).hasSuffix(sentence))
  }

  @Test("Two handlers for a WebSocket are one modifier given twice")
  func twoSockets() throws {
    let site = Sample { Route("/news").websocket { (_: WebSocket) in }.websocket { (_: WebSocket) in } }
    #expect(try only(site).contains("'.websocket' is given twice"))
  }

  @Test("Two routes alike, whatever their parameters are called")
  func alike() throws {
    let line = #line + 1
    let site = Sample {
      Route("/rooms/:room", channel: { $0["room"] }).sse()
      Get("/rooms/:name", handler: answer)
    }
    #expect(
      try only(site)
        == "\(place(line + 2)): route /rooms/:name: is declared like route /rooms/:room at line \(line + 1) (GET); "
        + "remove one or change its path")
  }

  @Test("Two routes that take the same handshake are alike")
  func sockets() throws {
    let site = Sample {
      Route("/a", news).websocket()
      Route("/a").websocket { (_: WebSocket) in }
    }
    #expect(try only(site).contains("is declared like route /a at line"))
    #expect(try only(site).contains("(WebSocket)"))
  }

  @Test("Routes with one path and different methods are not alike")
  func unlike() throws {
    let site = Sample {
      Get("/a", handler: answer)
      Post("/a", handler: answer)
      Get("/a/", handler: answer)
      Get("/a/:b", handler: answer)
      Route("/c", news).sse()
      Route("/c").websocket { (_: WebSocket) in }
      Files("pages")
      Get("/", handler: answer)
      Route("/").websocket { (_: WebSocket) in }
    }
    #expect(try mistakes([site]) == [])
  }

  @Test(
    "A bad path",
    arguments: [
      ("rooms", "the path must start with a slash; write \"/rooms\""),
      ("", "the path must start with a slash; write \"/\""),
      ("/a//b", "the path has an empty segment; remove one of the slashes"),
      ("/a/:", "':' names no parameter; write a colon and letters, as in /:room"),
      ("/a/:1", "':1' names no parameter"),
      ("/:a/:a", "':a' appears twice; rename one of them"),
      ("/a b", "' ' cannot stand in a path"),
      ("/a%20b", "'%' cannot stand in a path"),
      ("/a?b", "'?' cannot stand in a path"),
      ("/*", "'*' cannot stand in a path"),
      ("/ä", "'ä' cannot stand in a path"),
      ("/a/../b", "'..' never reaches a route"),
    ])
  func patterns(path: String, sentence: String) throws {
    let found = try only(Sample { Get(path, handler: answer) })
    #expect(found.contains("route \(path): ") && found.contains(sentence), "\(found)")
  }

  @Test("JSONP with credentials")
  func jsonp() throws {
    let site = Sample { Route("/news", news).jsonp().cors(.origins("https://a.example").credentials()) }
    #expect(
      try only(site).contains("route /news: JSONP answers every site on the web, so it cannot go with credentials"))
  }

  @Test("Credentials for any origin")
  func anyCredentials() throws {
    let site = Sample { Get("/a", handler: answer).cors(.any.credentials()) }
    #expect(try only(site).contains("credentials never go with any origin; list the origins that need them"))
  }

  @Test(
    "An origin that could never match",
    arguments: [
      ("example.com", "is no origin; write scheme and host, as in https://example.com"),
      ("https://example.com/", "has a path, which no origin has; write https://example.com"),
      ("https://Example.com", "can never match; write it in lower case"),
      ("https://a.*.com", "can never match"),
      ("*", "write .cors(.any)"),
    ])
  func origins(origin: String, sentence: String) throws {
    #expect(try only(Sample { Get("/a", handler: answer).cors(.origins(origin)) }).contains(sentence))
    let file = "sites: { Sample: { cors.origins: ['\(origin)'] } }"
    let found = try only(Sample { Get("/a", handler: answer) }, file: file)
    #expect(found.hasPrefix("halley.yaml:1: '\(origin)'") && found.contains(sentence))
  }

  @Test(
    "Good origins",
    arguments: ["https://example.com", "http://localhost:3000", "https://*.example.com", "null", "http://[::1]:80"])
  func goodOrigins(origin: String) throws {
    #expect(try mistakes([Sample { Get("/a", handler: answer).cors(.origins(origin)) }]) == [])
  }

  @Test(
    "A hold or heartbeat that the proxy would cut",
    arguments: [
      ("20s", "'poll.hold' is 20s, not below 'proxyTimeout' of 20s (halley.yaml:1)"),
      ("15s", "'heartbeat' is 15s, not below 'proxyTimeout' of 15s"),
    ])
  func proxyTimeout(timeout: String, sentence: String) throws {
    let route = Route("/news", news)
    let site = Sample { timeout == "20s" ? route.longPoll() : route.sse() }
    #expect(try only(site, file: "proxyTimeout: \(timeout)").contains(sentence))
    #expect(try mistakes([site], sources: SettingSources(arguments: ["--proxy-timeout", "21s"])) == [])
  }

  @Test("A proxy's timeout asks nothing of routes that hold nothing")
  func proxyTimeoutElsewhere() throws {
    let sources = SettingSources(arguments: ["--proxy-timeout", "5s"])
    #expect(try mistakes([Sample { Get("/a", handler: answer) }], sources: sources) == [])
  }

  @Test("A folder that is not there")
  func folders() throws {
    let found = try only(Sample { Files("pgaes") })
    #expect(found.contains("route /: there is no folder "))
    #expect(found.hasSuffix("/Public/pgaes; create it or mend the name in Files(\"pgaes\")"))
    #expect(try only(Sample { Files("../pages") }).contains("must be a folder inside Public"))
    #expect(try only(Sample { Files("/etc") }).contains("must be a folder inside Public"))
    #expect(try only(Sample { Files("pages", at: "/x") }).contains("must end with a slash; write \"/x/\""))
  }

  @Test("A route that does nothing, or two things at once")
  func idle() throws {
    #expect(try only(Sample { Route("/a") }).contains("has neither channel nor handler"))
    #expect(try only(Sample { Route("/a", news) }).contains("offers no transport; add .websocket()"))
    #expect(try only(Sample { Route("/a").sse() }).contains("has neither channel nor handler"))
    #expect(
      try only(Sample { Route("/a").websocket { (_: WebSocket) in }.sse() }).contains(
        "serves a handler over WebSocket only"))
    #expect(try only(Sample { Route("/a", news).websocket { (_: WebSocket) in } }).contains("takes no handler"))
    #expect(try only(Sample { Route("/a", news).sse().offLoop() }).contains("'.offLoop' has no handler to run"))
  }

  @Test("A callback's parameter that cannot be")
  func callbacks() throws {
    #expect(
      try only(Sample { Get("/a", handler: answer).jsonp(callback: "a-b") }).contains(
        "'a-b' cannot name a query parameter"))
    #expect(try only(Sample { Route("/a", news).jsonp(callback: "cursor") }).contains("'cursor' means something else"))
  }

  @Test("Mounts that clash or cannot be")
  func mounts() throws {
    struct Twin: Site {
      var mount: String { "/sample/" }
      var routes: Routes { Get("/", handler: answer) }
    }
    let sample = Sample { Get("/", handler: answer) }
    #expect(
      try only(sample, Twin())
        == "Twin: is mounted at /sample/ like Sample; give one of them another mount or its own hosts")
    #expect(try only(sample, Sample(mount: "/b/") {}) == "Sample: two sites have this name; rename one of them")
    #expect(try mistakes([Sample(hosts: ["a.example"]) {}, Twin()]).count == 1)
    #expect(
      try only(Sample(mount: "sample") {})
        == "Sample: mount 'sample' must start and end with a slash, as in \"/tracker/\"")
    #expect(try only(Sample(mount: "/_halley/x/") {}).contains("is taken by the built-in routes"))
    #expect(try only(Sample(mount: "/:a/") {}).contains("cannot have parameters"))
  }

  @Test("A value out of range in the code names the modifier's line")
  func ranges() throws {
    let line = #line + 3
    let site = Sample {
      Route("/news", news)
        .longPoll(hold: .seconds(60))
    }
    #expect(try only(site) == "\(place(line)): 'poll.hold' cannot be 1m; choose 5s to 55s")
  }

  @Test("A channel's name that breaks the rule, and two channels of one name")
  func channels() throws {
    #expect(try only(Sample { Route("/a", Channel("a b")).sse() }).contains("route /a: the channel's name 'a b' has a"))
    let site = Sample {
      Route("/a", news).sse()
      Route("/b", news).sse()
      Route("/c", Channel("news")).sse()
    }
    #expect(try only(site).contains("route /c: another channel named 'news' is served at HalleyTests/"))
  }

  @Test("Values of one route that contradict each other")
  func discord() throws {
    let site = Sample { Route("/news", news).sse().backpressure(.disconnect, soft: .mebibytes(2)) }
    #expect(try only(site).contains("'queue.soft' is 2MiB, not below 'queue.hard' of 1MiB"))
  }

  @Test("All mistakes are told at once, each on a line")
  func several() throws {
    let site = Sample {
      Route("/a")
      Get("b", handler: answer)
      Route("/c", news).sse().sse()
    }
    #expect(try mistakes([site]).count == 3)
  }
}
