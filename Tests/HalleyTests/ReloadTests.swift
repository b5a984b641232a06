import HalleyServer
import Testing

@testable import Halley

@Suite("Reload")
struct ReloadTests {
  private let site = Sample {
    Route("/news", Channel("news")).longPoll(hold: .seconds(12)).sse()
    Get("/a", handler: answer)
  }

  private func sources(_ text: String) throws -> SettingSources {
    SettingSources(file: try ConfigurationFile(parsing: text, name: "halley.yaml"))
  }

  @Test("New values reach the running routes when the plan is committed, and only then")
  func commit() throws {
    let program = try plan([site])
    let running = program.plans[0].routes[0].settings
    let reloaded = try program.reloaded(from: sources("heartbeat: 9s\nsites: { Sample: { poll.hold: 8s } }"))
    #expect(running.current.heartbeat == 15_000)
    reloaded.commit()
    #expect(running.current.heartbeat == 9_000)
    #expect(running.current.pollHold == 8_000)
    #expect(reloaded.settings.heartbeat == 9_000)
    #expect(reloaded.settings.pollHold == 20_000)
    // What the file no longer says falls back to the code.
    try reloaded.reloaded(from: sources("")).commit()
    #expect(running.current.heartbeat == 15_000)
    #expect(running.current.pollHold == 12_000)
  }

  @Test(
    "A file with a mistake changes nothing",
    arguments: [
      ("heartbeat: 1s", "halley.yaml:1: 'heartbeat' cannot be 1s; choose 5s to 55s"),
      ("heartbeat: 9s\nhartbeat: 9s", "halley.yaml:2: 'hartbeat' is no key; did you mean 'heartbeat'?"),
      ("sites: { Sampel: { heartbeat: 9s } }", "there is no site Sampel; did you mean Sample?"),
      (
        "proxyTimeout: 12s\nheartbeat: 9s",
        "route /news: 'poll.hold' is 12s (HalleyTests/ReloadTests.swift:9), not below"
      ),
    ])
  func mistakes(text: String, sentence: String) throws {
    let program = try plan([site])
    let error = try #require(throws: StartError.self) { try program.reloaded(from: sources(text)) }
    #expect(error.mistakes.count == 1, "\(error)")
    #expect(error.description.contains(sentence), "\(error)")
    #expect(program.plans[0].routes[0].settings.current.heartbeat == 15_000)
  }

  @Test("What needs a restart is told by name")
  func restart() throws {
    let program = try plan([site])
    let text = "listen: 127.0.0.1:9\nheartbeat: 9s\nsites: { Sample: { cors.origins: [https://a.example] } }"
    let reloaded = try program.reloaded(from: sources(text))
    #expect(reloaded.restartKeys(comparedTo: program) == ["listen", "cors.origins"])
    #expect(try program.reloaded(from: sources("heartbeat: 9s")).restartKeys(comparedTo: program) == [])
  }
}
