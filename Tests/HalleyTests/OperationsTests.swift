import Halley
import HalleyTesting
import Testing

@Suite("Operations pages", .timeLimit(.minutes(1)))
struct OperationsTests {
  private let pages = ["health", "metrics", "console", "console.css", "console.js"]

  private func status(_ page: String, _ port: Int, method: String = "GET") -> String? {
    fetch("/_halley/\(page)", port: port, method: method).map { String($0.split(separator: " ")[1]) }
  }

  private func metrics(_ port: Int) throws -> [String: Int] {
    let answer = try #require(fetch("/_halley/metrics", port: port))
    let samples = answer.split(separator: "\n").filter { $0.hasPrefix("halley_") }.map { $0.split(separator: " ") }
    return Dictionary(uniqueKeysWithValues: samples.map { (String($0[0].dropFirst(7)), Int($0[1]) ?? 0) })
  }

  @Test("They are for this machine, by GET and HEAD; a listed proxy sees none of them, unless it is listed here too")
  func access() async throws {
    try await serving([Sample {}]) { port in
      for page in pages {
        #expect(status(page, port) == "200" && status(page, port, method: "HEAD") == "200")
        #expect(status(page, port, method: "OPTIONS") == "204" && status(page, port, method: "POST") == "405")
      }
      #expect(
        status("consoles", port) == "404" && status("console/", port) == "200" && status("console/x", port) == "404")
    }
    try await serving([Sample {}], arguments: ["--proxies", "127.0.0.0/8"]) { port in
      for page in pages { #expect(status(page, port) == "403" && status(page, port, method: "OPTIONS") == "403") }
      #expect(status("halley.js", port) == "200")
    }
    try await serving([Sample {}], arguments: ["--proxies", "127.0.0.1", "--operations-from", "127.0.0.1,::1"]) {
      port in
      for page in pages { #expect(status(page, port) == "200") }
    }
  }

  @Test("The console may load nothing from elsewhere and stands in no frame")
  func policy() async throws {
    try await serving([Sample {}]) { port in
      let answer = try #require(fetch("/_halley/console", port: port))
      let policy = try #require(answer.split(separator: "\r\n").first { $0.hasPrefix("Content-Security-Policy: ") })
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe") && !policy.contains("*"))
      #expect(!answer.contains("Access-Control-Allow-Origin"))
      #expect(answer.contains("Content-Type: text/html; charset=utf-8\r\n") && answer.hasSuffix("</html>\n"))
      // Nothing but its own two files.
      let sources = answer.matches(of: /(?:src|href)="([^"]*)"/).map { String($0.output.1) }
      #expect(sources == ["data:,", "console.css", "console.js", "health", "metrics"])
    }
  }

  @Test("Published and delivered messages are counted over all loops and transports, without replays")
  func counters() async throws {
    let news = Channel("news")
    let site = Sample { Route("/news", news).websocket().sse().longPoll() }
    try await serving([site], threads: 2) { port in
      let before = try metrics(port)
      #expect(before["channels"] == 1 && before["loops"] == 2 && before["messages_published_total"] == 0)
      for _ in 0..<3 { try await news.publish("before") }
      var clients: [RawClient] = []
      for _ in 0..<4 { clients.append(try RawClient.webSocket("/sample/news?cursor=oldest", port: port)) }
      for client in clients { for _ in 0..<3 { #expect(try client.receiveText() == "before") } }
      let poll = try RawClient(port: port)
      poll.send("GET /sample/news HTTP/1.1\r\nHost: localhost\r\n\r\n")
      try until { try metrics(port)["held_polls"] == 1 }
      #expect(try metrics(port)["subscribers"] == 5 && metrics(port)["messages_delivered_total"] == 0)
      try await news.publish("one")
      #expect(try poll.response()?.status == 200)
      try await news.publish("two")
      for client in clients { for text in ["one", "two"] { #expect(try client.receiveText() == text) } }
      try until { try metrics(port)["messages_delivered_total"] == 9 }
      let after = try metrics(port)
      #expect(after["messages_published_total"] == 5 && after["websockets"] == 4)
      #expect(try #require(after["connections_accepted_total"]) > 5)
      for client in clients + [poll] { client.close() }
      try until {
        let now = try metrics(port)
        return ["subscribers", "websockets", "held_polls", "feeds", "queued_bytes"].allSatisfy { now[$0] == 0 }
      }
    }
  }

  @Test("An address that is none stops the start")
  func mistake() async throws {
    let error = await #expect(throws: StartError.self) {
      try await serving([], arguments: ["--operations-from", "office"]) { _ in }
    }
    #expect(error?.description == "--operations-from: 'office' is no address; write 192.0.2.7 or 10.0.0.0/8")
  }
}
