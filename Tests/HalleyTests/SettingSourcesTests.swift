import HalleyServer
import Testing

@testable import Halley

@Suite("Sources of settings")
struct SettingSourcesTests {
  static let tracker = ConfigurationPlace.route(site: "Tracker", path: "/positions")

  private func file(_ text: String) throws -> ConfigurationFile {
    try ConfigurationFile(parsing: text, name: "Sites/halley.yaml")
  }

  private func hold(_ sources: SettingSources, code: Int? = nil) throws -> EffectiveValue {
    let key = try #require(SettingTable.key("poll.hold"))
    let location = SourceLocation("/srv/Sites/Tracker.swift", 12)
    let code = code.map { ["poll.hold": CodeValue(value: .number($0), location: location)] } ?? [:]
    return try sources.value(of: key, at: Self.tracker, code: code)
  }

  @Test("Flag, environment, file, code, built-in: the first that speaks wins, in every combination")
  func precedence() throws {
    for combination in 0..<16 {
      let sources = SettingSources(
        arguments: combination & 8 == 0 ? [] : ["--poll-hold", "11s"],
        environment: combination & 4 == 0 ? [:] : ["HALLEY_POLL_HOLD": "12s"],
        file: combination & 2 == 0 ? nil : try file("poll: { hold: 13s }"))
      let expected: (Int, String) =
        if combination & 8 != 0 {
          (11_000, "--poll-hold")
        } else if combination & 4 != 0 {
          (12_000, "HALLEY_POLL_HOLD")
        } else if combination & 2 != 0 {
          (13_000, "Sites/halley.yaml:1")
        } else if combination & 1 != 0 {
          (14_000, "Sites/Tracker.swift:12")
        } else {
          (20_000, "built-in")
        }
      let found = try hold(sources, code: combination & 1 == 0 ? nil : 14_000)
      #expect(found == EffectiveValue(value: .number(expected.0), origin: expected.1))
    }
  }

  @Test("Within the file the route goes before the site, the site before the program")
  func places() throws {
    let program = "poll.hold: 10s\n"
    let site = "sites:\n  Tracker:\n    poll: { hold: 11s }\n"
    let route = "    routes:\n      /positions:\n        poll: { hold: 12s }\n"
    #expect(try hold(SettingSources(file: file(program))).value == .number(10_000))
    #expect(try hold(SettingSources(file: file(program + site))).value == .number(11_000))
    let all = try hold(SettingSources(file: file(program + site + route)))
    #expect(all == EffectiveValue(value: .number(12_000), origin: "Sites/halley.yaml:7"))
    let other = SettingSources(file: try file(program + "sites:\n  Chat:\n    poll: { hold: 11s }\n"))
    #expect(try hold(other).value == .number(10_000))
  }

  @Test("Every key is heard as flag, in the environment and in the file, nested or dotted")
  func everyKey() throws {
    for key in SettingTable.keys {
      let text = key.kind == .list ? "a" : key.kind.format(sound(key))
      let expected = key.kind == .list ? SettingValue.list(["a"]) : sound(key)
      let nested = key.components.reversed().reduce(text) { "{ \($1): \($0) }" }
      let sources = [
        SettingSources(arguments: [key.flag, text]), SettingSources(arguments: ["\(key.flag)=\(text)"]),
        SettingSources(environment: [key.variable: text]), SettingSources(file: try file("\(key.name): \(text)")),
        SettingSources(file: try file(nested)),
      ]
      for source in sources {
        let found = try source.value(of: key, at: .program)
        #expect(found.value == expected, "\(key.name)")
        #expect(found.origin != "built-in", "\(key.name)")
        #expect(source.mistakesInFile(sites: []).isEmpty, "\(key.name)")
      }
      #expect(throws: Never.self) { try SettingFlags.check([key.flag, text]) }
    }
  }

  /// A sound value that is not the built-in one where the kind has a second.
  private func sound(_ key: SettingKey) -> SettingValue {
    switch key.kind {
    case .duration(let range), .bytes(let range), .count(let range), .percent(let range):
      .number(range.lowerBound == 0 ? range.upperBound : range.lowerBound)
    case .onOff: .flag(true)
    case .spread: .spread(1_000, 2_000)
    case .address: .address(host: "127.0.0.2", port: 81)
    case .list: .list(["a"])
    }
  }

  @Test("Lists are sequences in the file and separated by commas elsewhere")
  func lists() throws {
    let key = try #require(SettingTable.key("hosts"))
    let sources = [
      SettingSources(arguments: ["--hosts", "a,b"]), SettingSources(environment: ["HALLEY_HOSTS": "a,b"]),
      SettingSources(file: try file("hosts: [a, b]")),
    ]
    for source in sources { #expect(try source.value(of: key, at: .program).value == .list(["a", "b"])) }
  }

  @Test(
    "An unsound value names its source and its key",
    arguments: [
      (["--poll-hold", "2m"], [:], nil, "--poll-hold: 'poll.hold' cannot be 2m; choose 5s to 55s"),
      ([], ["HALLEY_POLL_HOLD": "x"], nil, "HALLEY_POLL_HOLD: 'poll.hold' cannot be 'x'; write a time"),
      ([], [:], "\npoll:\n  hold: 1s", "Sites/halley.yaml:3: 'poll.hold' cannot be 1s; choose 5s to 55s"),
    ] as [([String], [String: String], String?, String)])
  func unsound(arguments: [String], environment: [String: String], text: String?, sentence: String) throws {
    let sources = SettingSources(arguments: arguments, environment: environment, file: try text.map(file))
    let error = try #require(throws: StartError.self) { try hold(sources) }
    #expect(error.description.hasPrefix(sentence), "\(error)")
  }

  @Test("A value out of range in code names the line")
  func code() throws {
    let error = try #require(throws: StartError.self) { try hold(SettingSources(), code: 60_000) }
    #expect(error.description == "Sites/Tracker.swift:12: 'poll.hold' cannot be 1m; choose 5s to 55s")
  }

  @Test(
    "The file may say nothing that means nothing",
    arguments: [
      ("pol.hold: 3s", "Sites/halley.yaml:1: 'pol.hold' is no key; did you mean 'poll.hold'?"),
      ("colour: blue", "'colour' is no key; 'halley serve --help' lists the keys"),
      ("poll:\n  hld: 3s", "Sites/halley.yaml:2: 'poll.hld' is no key; did you mean 'poll.hold'?"),
      ("poll.hold: 6s\npoll:\n  hold: 7s", "Sites/halley.yaml:3: 'poll.hold' is already given at line 1"),
      ("\nsites: 3", "halley.yaml:2: 'sites' must be a map of site names"),
      ("sites: [Tracker]", "'sites' must be a map of site names"),
      ("sites: { Tracker: 3 }", "'sites.Tracker' must be a map of the site's settings"),
      ("sites: { Tracker: { routes: 3 } }", "'routes' must be a map of the site's paths"),
      (
        "sites: { Tracker: { routes: { /positions: 3 } } }", "'routes./positions' must be a map of the route's settings"
      ),
      ("sites: { Traker: { heartbeat: 9s } }", "there is no site Traker; did you mean Tracker?"),
      ("sites: { Weather: { heartbeat: 9s } }", "there is no site Weather; name a site of this program"),
      ("sites: { Tracker: { listen: 'a:1' } }", "'listen' cannot be set for site Tracker; move it to the top"),
      (
        "sites: { Tracker: { routes: { /position: { heartbeat: 9s } } } }",
        "site Tracker has no route /position; did you mean /positions?"
      ),
      (
        "sites: { Tracker: { routes: { /positions: { http.body: 9B } } } }",
        "'http.body' cannot be set for route /positions of site Tracker; move it to the top"
      ),
    ])
  func meaningless(text: String, sentence: String) throws {
    let sources = SettingSources(file: try file(text))
    let mistakes = sources.mistakesInFile(sites: [.init(name: "Tracker", paths: ["/positions", "/"])])
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.description.contains(sentence) == true, "\(mistakes)")
  }

  @Test(
    "A file that is no list of keys is refused with its line",
    arguments: [
      ("poll: {", "Sites/halley.yaml:"), ("a: 1\na: 2", "'a' is given twice"), ("- a\n- b", "is no list of keys"),
      ("hosts: [[a], b]", "'hosts' must be a list of plain words"), ("\tx: 1", "is no valid YAML"),
    ])
  func malformed(text: String, sentence: String) throws {
    let error = try #require(throws: StartError.self) { try file(text) }
    #expect(error.description.contains(sentence), "\(error)")
    #expect(error.description.hasPrefix("Sites/halley.yaml"))
  }

  @Test(
    "Nothing, comments and keys without a value set nothing", arguments: ["", "# all comments\n", "poll:\n", "---\n"])
  func empty(text: String) throws {
    let sources = SettingSources(file: try file(text))
    #expect(try hold(sources).origin == "built-in")
    #expect(sources.mistakesInFile(sites: []).isEmpty)
  }

  @Test(
    "A flag that is none is named, with the one that was meant",
    arguments: [
      (["--pol-hold", "3s"], "--pol-hold: is no flag; did you mean --poll-hold?"),
      (["--nonsense=1"], "--nonsense: is no flag; 'halley serve --help' lists the flags"),
      (
        ["--nonsense", "1", "--pol-jitter", "2"],
        "--nonsense: is no flag; 'halley serve --help' lists the flags\n--pol-j"
      ),
      (["--poll-hold"], "--poll-hold: needs a value, as in --poll-hold 20s"),
      (["--poll-hold", "--heartbeat", "9s"], "--poll-hold: needs a value"),
      (["positions"], "positions: is no flag"),
      (["--poll-hold", "9s", "8s"], "8s: is no flag"),
    ])
  func flags(arguments: [String], sentence: String) throws {
    let error = try #require(throws: StartError.self) { try SettingFlags.check(arguments) }
    #expect(error.description.hasPrefix(sentence), "\(error)")
  }

  @Test("A variable that only looks like a key is noticed")
  func variables() {
    let environment = ["HALLEY_POLL_HOLD": "9s", "HALLEY_POL_HOLD": "9s", "HOME": "/"]
    #expect(SettingFlags.unknownVariables(in: environment) == ["HALLEY_POL_HOLD"])
  }

  @Test("Values that contradict each other are refused")
  func discord() throws {
    let sources = SettingSources(
      arguments: ["--queue-hard", "64KiB"], file: try file("history:\n  age: 20h\n  metaAge: 10h"))
    let error = try #require(throws: StartError.self) { try SettingResolver(sources: sources).values(at: .program) }
    #expect(error.mistakes.count == 2)
    #expect(error.description.contains("--queue-hard: 'queue.soft' is 256KiB, not below 'queue.hard' of 64KiB"))
    #expect(error.description.contains("Sites/halley.yaml:2: 'history.age' is 20h, above 'history.metaAge' of 10h"))
  }

  @Test("Values reach the server's settings in its units")
  func settings() throws {
    let sources = SettingSources(
      arguments: ["--poll-hold", "6s", "--sse-retry", "1s-3s", "--websocket-deflate", "on", "--rotate", "0"])
    let settings = SettingResolver.settings(try SettingResolver(sources: sources).values(at: .program))
    var expected = Settings()
    expected.pollHold = 6_000
    expected.sseRetryLow = 1_000
    expected.sseRetryHigh = 3_000
    expected.webSocketDeflate = true
    expected.rotate = 0
    #expect(settings == expected)
    #expect(SettingResolver.settings(try SettingResolver(sources: SettingSources()).values(at: .program)) == Settings())
  }
}
