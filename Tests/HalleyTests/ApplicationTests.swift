import FoundationEssentials
import Glibc
import HalleyServer
import HalleyTesting
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import Halley

@Suite("Application", .timeLimit(.minutes(1)))
struct ApplicationTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "halley-tests-\(UUID().uuidString)")
  private let log = LogBook()

  private func write(_ text: String) throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "Public"), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appending(path: "halley.yaml"))
  }

  private func application(_ sites: [any Site], arguments: [String] = []) throws -> Application {
    let log = log
    return try Application(
      sites: sites, directory: folder.path,
      configuration: ApplicationConfiguration(
        file: folder.appending(path: "halley.yaml").path, fileIsRequired: false,
        arguments: ["--listen", "127.0.0.1:0", "--threads", "2"] + arguments, environment: [:]),
      logger: Logger(label: "test") { _ in LogBook.Handler(book: log) })
  }

  /// Runs an application, hands the addresses and the port to `body`, then stops it and waits for the end.
  private func running(
    _ application: Application, _ body: @Sendable ([String], Int) async throws -> Void
  ) async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let (stream, continuation) = AsyncStream.makeStream(of: [String].self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { continuation.finish() }
        try await application.run { continuation.yield($0) }
      }
      for await addresses in stream {
        let port = addresses.first.flatMap { URL(string: String($0.split(separator: " ")[1]))?.port }
        try await body(addresses, try #require(port))
        break
      }
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  @Test("It serves its sites on every loop, runs their own work, and stops when it is cancelled")
  func serves() async throws {
    struct Worker: Site {
      let started: AsyncStream<Void>.Continuation
      var routes: Routes { Get("/hello") { _ in .text("hello") } }
      func run() async throws {
        started.yield()
        try await Task.sleep(for: .seconds(3600))
      }
    }
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let application = try application([Worker(started: continuation)])
    try await running(application) { addresses, port in
      #expect(addresses == ["Worker  http://127.0.0.1:\(port)/worker/"])
      for _ in 0..<8 { #expect(fetch("/worker/hello", port: port)?.hasSuffix("\r\n\r\nhello") == true) }
      #expect(fetch("/worker/nothing", port: port)?.hasPrefix("HTTP/1.1 404 ") == true)
      for await _ in started { break }
    }
    #expect(application.running.withLock { $0 == nil })
  }

  @Test("A file that is not there is answered like any other path that is not")
  func missing() async throws {
    struct Pages: Site {
      var routes: Routes {
        Files("pages", cacheControl: .immutable).cors(.origins("https://good.example"))
        Get("/hello") { _ in .text("hello") }
      }
    }
    try write("")
    let pages = folder.appending(path: "Public/pages")
    try FileManager.default.createDirectory(at: pages, withIntermediateDirectories: true)
    try await running(try application([Pages()])) { _, port in
      for (path, method) in [("/pages/no.html", "GET"), ("/elsewhere", "GET"), ("/pages/no.html", "HEAD")] {
        let client = try RawClient(port: port)
        client.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.example\r\n\r\n")
        let answer = try #require(try client.response(toHead: method == "HEAD"))
        #expect(answer.status == 404)
        #expect(answer["content-type"] == "application/json")
        #expect(answer["cache-control"] == "no-store")
        #expect(answer["content-length"] == "21")
        #expect(answer.text == (method == "HEAD" ? "" : #"{"error":"not_found"}"#))
        #expect(answer["access-control-allow-origin"] == (path == "/elsewhere" ? nil : "https://good.example"))
        // Nothing of a body was left behind, and the connection lives.
        client.send("GET /pages/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(try client.response()?.text == "hello")
      }
    }
  }

  private final class Held: @unchecked Sendable {
    // Sendable because it is filled by the running test and read after it.
    var clients: [RawClient] = []
  }

  @Test("Connections of every kind that are still open end with it")
  func openConnections() async throws {
    struct Pushing: Site {
      let news = Channel("news")
      var routes: Routes { Route("/news", news).websocket().sse().longPoll().stream().publish() }
    }
    let upgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    let requests = [
      ("?hold=0", ""), ("", ""), ("", "Accept: text/event-stream\r\n"), ("?transport=stream", ""), ("", upgrade),
      ("", upgrade + "Sec-WebSocket-Protocol: halley.v1\r\n"), ("", "Content-Length: 10\r\n"),
    ]
    let held = Held()
    try await running(try application([Pushing()])) { _, port in
      for _ in 0..<4 {  // so that both loops get some
        for (query, fields) in requests {
          let client = try RawClient(port: port)
          client.send("GET /pushing/news\(query) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
          let isSilent = query.isEmpty && (fields.isEmpty || fields.hasPrefix("Content"))
          if !isSilent { _ = try client.receive(until: "\r\n\r\n") }
          held.clients.append(client)
        }
      }
    }
    // Read to the end: none of them is left open.
    for client in held.clients { _ = try? client.receiveAll() }
  }

  @Test("A client that leaves during a long handler cancels it", arguments: [false, true])
  func leaving(offLoop: Bool) async throws {
    let (told, continuation) = AsyncStream.makeStream(of: String.self)
    let slow = Get("/slow") { _ in
      continuation.yield("started")
      do {
        try await Task.sleep(for: .seconds(3600))
      } catch {
        continuation.yield("cancelled")
      }
      return .text("")
    }
    let site = Sample { offLoop ? slow.offLoop() : slow }
    try await running(try application([site])) { _, port in
      let client = try RawClient(port: port)
      client.send("GET /sample/slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
      var words: [String] = []
      for await word in told {
        words.append(word)
        if word == "cancelled" { break }
        client.close()
      }
      #expect(words == ["started", "cancelled"])
      // The server goes on, and the handler no longer counts.
      var health = ""
      while !health.contains("\"handlers\":0") { health = try #require(fetch("/_halley/health", port: port)) }
    }
    #expect(log.lines.isEmpty)
  }

  @Test("A handler that blocks its loop is logged with its route, and shows in the health report")
  func watchdog() async throws {
    let site = Sample {
      Get("/slow") { _ in
        usleep(500_000)
        return .text("late")
      }
      Get("/patient") { _ in
        try await Task.sleep(for: .milliseconds(500))
        return .text("late")
      }
    }
    try await running(try application([site])) { _, port in
      #expect(fetch("/sample/patient", port: port)?.hasSuffix("late") == true)
      #expect(fetch("/_halley/health", port: port)?.contains("\"longestHold\":0}") == true)
      #expect(log.lines.isEmpty)
      // On a busy machine the watchdog may come late itself, and then says nothing.
      for _ in 0..<10 where log.lines.isEmpty {
        #expect(fetch("/sample/slow", port: port)?.hasSuffix("late") == true)
        try await Task.sleep(for: .milliseconds(100))
      }
      let line = try #require(log.lines.first)
      #expect(line.hasPrefix("loop 0 was held for ") || line.hasPrefix("loop 1 was held for "))
      #expect(line.hasSuffix(" ms by /sample/slow; a handler that may block says .offLoop()"))
      #expect(fetch("/_halley/health", port: port)?.contains("\"longestHold\":0}") == false)
    }
  }

  @Test("A service group stops it gracefully")
  func graceful() async throws {
    let application = try application([Sample { Get("/", handler: answer) }])
    let group = ServiceGroup(services: [application], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await group.run() }
      while application.running.withLock({ $0 == nil }) { await Task.yield() }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
    }
  }

  @Test("A port that is taken is one sentence with the mend")
  func taken() async throws {
    try await running(try application([Sample {}])) { _, port in
      let second = try Application(
        sites: [], directory: "/nowhere",
        configuration: ApplicationConfiguration(
          arguments: ["--listen", "127.0.0.1:\(port)", "--threads", "1"], environment: [:]),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      let error = await #expect(throws: StartError.self) { try await second.run() }
      #expect(
        error?.description.contains("--listen: cannot listen on 127.0.0.1:\(port)") == true,
        "\(String(describing: error))")
      #expect(error?.description.hasSuffix("choose another with --listen HOST:PORT") == true)
    }
  }

  @Test("A reload reaches running routes and channels; a bad file changes nothing and is logged with file and key")
  func reload() async throws {
    try write("heartbeat: 9s\n")
    let news = Channel("news", history: .last(3))
    let application = try application([Sample { Route("/news", news).sse() }])
    let settings = application.program.withLock { $0.plans[0].routes[0].settings }
    try await running(application) { _, _ in
      #expect(settings.current.heartbeat == 9_000)
      #expect(news.log.limits.historyMessages == 3)

      try write("heartbeat: 7s\nhistory.messages: 5\nlisten: 127.0.0.1:1\n")
      application.reload()
      #expect(settings.current.heartbeat == 7_000)
      #expect(news.log.limits.historyMessages == 5)

      try write("heartbeat: 7s\nhistory.messages: 5\nheartbaet: 8s\n")
      application.reload()
      #expect(settings.current.heartbeat == 7_000)
      #expect(log.lines.contains { $0.contains("halley.yaml:3: 'heartbaet' is no key; did you mean 'heartbeat'?") })
    }
  }

  @Test("A name with a slash is not taken for a file's without one; a mount's own address is")
  func slashes() async throws {
    try write("")
    let pages = folder.appending(path: "Public/pages")
    try FileManager.default.createDirectory(at: pages, withIntermediateDirectories: true)
    try Data("style".utf8).write(to: pages.appending(path: "style.css"))
    let site = Sample(mount: "/") {
      Files("pages")
      Files("pages", at: "/other/")
      Get("/:room/") { .text($0["room"]) }
      Get("/help/") { _ in .text("help") }
    }
    try await running(try application([site])) { _, port in
      #expect(fetch("/style.css", port: port)?.hasSuffix("style") == true)
      #expect(fetch("/style.css/", port: port)?.hasSuffix("style.css") == true)
      for path in ["/help", "/other"] {
        #expect(fetch(path, port: port)?.contains("Location: \(path)/\r\n") == true)
      }
    }
  }

  @Test("A handler's failure is one short line of visible characters, whatever the client asked for")
  func failing() async throws {
    struct Oops: Error {}
    let site = Sample { Get("/fail/:what") { _ -> Response in throw Oops() } }
    try await running(try application([site])) { _, port in
      let path = "/sample/fail/%E2%80%A8%E2%80%AE%C2%85" + String(repeating: "x", count: 1_000)
      #expect(fetch(path, port: port)?.hasPrefix("HTTP/1.1 500 ") == true)
      let line = try #require(log.lines.first { $0.hasPrefix("a handler failed") })
      #expect(line.contains("/sample/fail/%E2%80%A8") && line.utf8.count < 400)
      #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(line)")
    }
  }

  @Test("Handlers that fail again and again are a line a second, whatever the loop")
  func failingOften() async throws {
    struct Oops: Error {}
    let site = Sample { Get("/fail") { _ -> Response in throw Oops() } }
    try await running(try application([site])) { _, port in
      let begin = ContinuousClock.now
      for _ in 0..<40 { #expect(fetch("/sample/fail", port: port)?.hasPrefix("HTTP/1.1 500 ") == true) }
      let seconds = Int((ContinuousClock.now - begin).components.seconds)
      let lines = log.lines.filter { $0.hasPrefix("a handler failed") }
      #expect((1...seconds + 1).contains(lines.count), "\(lines)")
    }
  }

  @Test("Channels that routes compute retain what their route says")
  func computed() async throws {
    let site = Sample { Route("/rooms/:room", history: .last(3), channel: { $0["room"] }).sse() }
    let program = try plan([site])
    guard case .channel(let endpoint) = program.plans[0].routes[0].endpoint,
      case .computed(let history, _) = endpoint.source
    else {
      Issue.record("a computed channel")
      return
    }
    let channel = Channel("x", history: history)
    let book = ChannelLimitBook(program)
    book.apply(to: channel)
    #expect(channel.log.limits.historyMessages == 3)
    #expect(channel.log.limits.historyAge == 300_000)
    book.replace(try program.reloaded(from: SettingSources(arguments: ["--history-messages", "9"])))
    book.apply(to: channel)
    #expect(channel.log.limits.historyMessages == 9)
  }

  @Test("A host name that is none, and a file that was asked for and is not there")
  func mistakes() async throws {
    let application = try application([], arguments: ["--hosts", "a b"])
    let error = await #expect(throws: StartError.self) { try await application.run() }
    #expect(error?.description == "--hosts: 'a b' is no host name; write example.com or *.example.com")
    let missing = #expect(throws: StartError.self) {
      try Application(
        sites: [], directory: "/nowhere",
        configuration: ApplicationConfiguration(file: "/nowhere/halley.yaml", environment: [:]))
    }
    #expect(missing?.description.hasPrefix("nowhere/halley.yaml: cannot be read") == true)
  }
}

/// Collects what is logged.
private final class LogBook: Sendable {
  private let written = Mutex<[String]>([])
  var lines: [String] { written.withLock { $0 } }

  struct Handler: LogHandler {
    let book: LogBook
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let metadata = event.metadata.map { " \($0)" } ?? ""
      book.written.withLock { $0.append("\(event.message)\(metadata)") }
    }
  }
}
