import HalleyTesting
import Testing

@testable import Halley
@testable import HalleyChannels

private typealias Event = FeedReader.Event

/// One channel that holds everything and one that holds little, under each policy.
private struct Floods: Site {
  static let soft = 64 << 10
  static let hard = 256 << 10

  let all = Channel("all", history: .last(100_000, bytes: 1 << 30))
  let few = Channel("few", history: .last(40))
  let none = Channel("none", history: .none)

  var routes: Routes {
    limited(Route("/all", all), .skipAndResume)
    limited(Route("/few", few), .skipAndResume)
    limited(Route("/none", none), .skipAndResume)
    limited(Route("/conflated", all), .conflate(by: .key))
    limited(Route("/cut", all), .disconnect)
    limited(Route("/both", all, few), .skipAndResume)
    Route("/replay", all, start: .oldest).websocket().sse()
  }

  private func limited(_ route: Route, _ policy: Backpressure) -> Route {
    route.websocket().sse().stream()
      .backpressure(policy, soft: .bytes(Self.soft), hard: .bytes(Self.hard))
  }

  /// Publishes messages of 4 KiB with seven keys in turn.
  func publish(_ channel: Channel, _ count: Int) async throws {
    let text = String(repeating: "x", count: 4 << 10)
    for number in 0..<count { try await channel.publish(text, key: "k\(number % 7)") }
  }
}

/// Default limits.
private struct Unlimited: Site {
  let all: Channel
  var routes: Routes { Route("/all", all).websocket().sse() }
}

/// Small limits, so that readers lag and catch up all the time.
private struct Pauses: Site {
  let all: Channel
  let few: Channel
  var routes: Routes {
    Route("/both", all, few).websocket().sse().stream().iframe().backpressure(.skipAndResume, soft: .kibibytes(8))
  }
}

@Suite("Backpressure", .timeLimit(.minutes(5)))
struct BackpressureTests {
  private let site = Floods()

  /// What waits in the server for all its connections.
  private func queued(_ port: Int) throws -> Int { try health(port).queuedBytes }

  /// Publishes until the kernel takes no more for somebody, which depends on the system, and then goes on for a while:
  /// whoever does not read gets nothing of the last messages, twenty a round.
  ///
  /// - Parameter rounds: few where the hard limit ends the reader, which then has five seconds to take its end.
  private func flood(_ channel: Channel, _ port: Int, rounds: Int = 25) async throws {
    var count = 0
    var stuck = 0
    while stuck < rounds, count < 20_000 {
      try await site.publish(channel, 20)
      count += 20
      stuck = try queued(port) > 0 ? stuck + 1 : 0
    }
  }

  private func offsets(_ reader: FeedReader) -> [Int] {
    reader.events.compactMap {
      guard case .message(let id, _) = $0 else { return nil }
      return Int(id.split(separator: "-").last ?? "")
    }
  }

  /// Bytes that may wait beyond the soft limit: the run that was too much, and a partly sent one before it.
  private let slack = 2 * (64 << 10) + 4096

  @Test(
    "skip and resume: the queue stays small, and everything arrives once and in order",
    arguments: [FeedReader.Transport.webSocket, .events, .eventFrames])
  func skipAndResume(transport: FeedReader.Transport) async throws {
    let site = site
    try await serving([site]) { port in
      let reader = try FeedReader(transport, "/floods/all", port: port)
      try await flood(site.all, port)
      let waiting = try queued(port)
      #expect(waiting > 0 && waiting <= Floods.soft + slack, "\(waiting)")
      let top = site.all.log.top
      try reader.read { $0.cursor == top.description }
      #expect(offsets(reader) == Array(1...top.offset))
      // Live again.
      let last = try await site.all.publish("last")
      try reader.read { $0.cursor == last.description }
      #expect(offsets(reader).last == last.offset)
      reader.close()
    }
  }

  @Test(
    "when the history has moved on, the client is told in band",
    arguments: [FeedReader.Transport.webSocket, .events, .eventFrames])
  func expired(transport: FeedReader.Transport) async throws {
    let site = site
    try await serving([site]) { port in
      let reader = try FeedReader(transport, "/floods/few", port: port)
      try await flood(site.few, port)
      let top = site.few.log.top
      try reader.read { $0.cursor == top.description }
      let resets = reader.events.compactMap { event -> String? in
        if case .reset(let reason, let cursor, []) = event { return "\(reason) \(cursor)" }
        return nil
      }
      #expect(resets == ["expired \(top)"])
      let seen = offsets(reader)
      #expect(seen == Array(1..<(seen.count + 1)))
      let last = try await site.few.publish("last")
      try reader.read { $0.cursor == last.description }
      #expect(reader.events.last == .message(id: "\(last)", key: nil))
      reader.close()
    }
  }

  @Test("several channels: one is reset, of the other nothing is lost")
  func partialReset() async throws {
    let site = site
    try await serving([site]) { port in
      let reader = try FeedReader(.webSocket, "/floods/both", port: port)
      try await flood(site.all, port)
      try await site.publish(site.few, 100)
      let top = ChannelSet([site.all, site.few]).top.description
      try reader.read { $0.cursor == top }
      #expect(
        reader.events.contains {
          if case .reset("expired", _, ["few"]) = $0 { true } else { false }
        })
      let prefix = "\(site.all.log.top.epoch)-"
      let seen = reader.events.compactMap { event -> Int? in
        guard case .message(let id, _) = event, id.hasPrefix(prefix) else { return nil }
        return Int(id.dropFirst(prefix.count))
      }
      #expect(seen == Array(1...site.all.log.top.offset))
      reader.close()
    }
  }

  @Test(
    "conflation: ids rise, and the newest of each key arrives", arguments: [FeedReader.Transport.webSocket, .lines])
  func conflate(transport: FeedReader.Transport) async throws {
    let site = site
    try await serving([site], arguments: ["--stream-max-bytes", "1GiB"]) { port in
      let reader = try FeedReader(transport, "/floods/conflated", port: port)
      try await flood(site.all, port)
      #expect(try queued(port) <= Floods.soft + slack)
      let top = site.all.log.top
      try reader.read { $0.cursor == top.description }
      let seen = offsets(reader)
      #expect(seen == seen.sorted() && Set(seen).count == seen.count)
      #expect(seen.count < top.offset - 100)
      #expect(seen.suffix(7) == Array((top.offset - 6)...top.offset)[...])
      reader.close()
    }
  }

  @Test("disconnect: a WebSocket is closed with 4100, a stream ends with a move")
  func disconnect() async throws {
    let site = site
    try await serving([site]) { port in
      for transport in [FeedReader.Transport.webSocket, .eventFrames, .events] {
        let reader = try FeedReader(transport, "/floods/cut", port: port)
        try await flood(site.all, port, rounds: 5)
        #expect(try queued(port) <= Floods.hard)
        try reader.read { $0.isOver }
        let seen = offsets(reader)
        let first = try #require(seen.first)
        #expect(seen == Array(first..<(first + seen.count)))
        if transport == .webSocket {
          #expect(reader.events.last == .closed(4100))
        } else {
          #expect(reader.events.suffix(2) == [.move("overload"), .closed(0)])
        }
        reader.close()
      }
    }
  }

  @Test(
    "without frames or without history there is nothing to refill from", arguments: ["/floods/all", "/floods/none"])
  func noRefill(path: String) async throws {
    let site = site
    try await serving([site]) { port in
      let raw = try RawClient.webSocket(path, port: port, smallBuffer: true)
      try await flood(path.hasSuffix("none") ? site.none : site.all, port, rounds: 5)
      #expect(try queued(port) <= Floods.hard + slack)
      var last = try raw.receiveFrame()
      while last.first != 0x88 { last = try raw.receiveFrame() }
      #expect(last.payload.prefix(2) == [0x10, 0x04])
    }
    try await serving([site]) { port in
      let reader = try FeedReader(.events, "/floods/none", port: port)
      try await flood(site.none, port, rounds: 5)
      try reader.read { $0.isOver }
      #expect(reader.events.suffix(2) == [.move("overload"), .closed(0)])
    }
  }

  @Test(
    "above queue.total the largest queues are paused, those that stay large are ended, and the sum comes down",
    arguments: [1, 2])
  func total(loops: Int) async throws {
    let site = site
    let arguments = ["--queue-soft", "64MiB", "--queue-hard", "256MiB", "--queue-messages", "1000000"]
    try await serving(
      [Unlimited(all: site.all)], arguments: arguments + ["--queue-total", "1MiB"], threads: loops
    ) { port in
      // With two loops the system chooses; of six readers some are on each, in most runs.
      let readers = try (0..<loops).flatMap { _ in
        try [FeedReader.Transport.webSocket, .eventFrames, .events].map {
          try FeedReader($0, "/unlimited/all", port: port)
        }
      }
      var most = 0
      var rounds = 0
      // Until something waits, and then as much as would fill ten times the limit.
      while rounds < 200 {
        try await site.publish(site.all, 5)
        let waiting = try queued(port)
        most = max(most, waiting)
        if most > 0 || site.all.log.top.offset > 20_000 { rounds += 1 }
      }
      // Told in steps of 64 KiB, one turn later.
      #expect(most <= 2 << 20, "\(most)")
      let top = site.all.log.top
      for reader in readers {
        try reader.read { $0.cursor == top.description }
        let seen = offsets(reader)
        #expect(seen == Array(1..<(seen.count + 1)))
        // Whoever was sent away comes back with its cursor.
        if reader.isOver {
          // This reader has not read for a while: past five seconds its end is a reset.
          #expect([.closed(reader.transport == .webSocket ? 4100 : 0), .closed(-1)].contains(reader.events.last))
        }
        reader.close()
      }
    }
  }

  @Test("readers that pause at random see every channel in order, each message once, or a reset", arguments: [1, 2])
  func pausing(seed: UInt64) async throws {
    let site = site
    // On a slow machine a reader may pause for longer than a stall may last.
    let arguments = ["--stream-max-bytes", "1GiB", "--queue-stall", "10m"]
    try await serving([Pauses(all: site.all, few: site.few)], arguments: arguments) { port in
      var random = SeededRandom(seed: seed)
      let readers = try FeedReader.Transport.allCases.map { try FeedReader($0, "/pauses/both", port: port) }
      for _ in 0..<60 {
        let channel = Bool.random(using: &random) ? site.all : site.few
        try await site.publish(channel, .random(in: 1...60, using: &random))
        for reader in readers where Int.random(in: 0..<3, using: &random) == 0 {
          try reader.read(upTo: .random(in: 1...200_000, using: &random), patience: 0)
        }
      }
      let top = ChannelSet([site.all, site.few]).top.description
      for reader in readers {
        try reader.read { $0.cursor == top }
        let faults = faults(reader)
        #expect(faults.isEmpty, "seed \(seed), \(reader.transport): \(faults.prefix(3))")
        reader.close()
      }
    }
  }

  /// What breaks the promise in what a reader of both channels was told.
  private func faults(_ reader: FeedReader) -> [String] {
    let few = site.few.log.top.epoch.description
    var standing = [site.all.log.top.epoch.description: 0, few: 0]
    var faults: [String] = []
    func entries(_ cursor: String) -> [(epoch: String, offset: Int)] {
      cursor.split(separator: ".").map { part in
        let fields = part.split(separator: "-")
        return (String(fields[0]), Int(fields[1]) ?? -1)
      }
    }
    for event in reader.events {
      switch event {
      case .message(let id, _):
        // An event without a frame has the joined cursor for an id: exactly one entry has moved.
        let moved = entries(id).filter { standing[$0.epoch] != $0.offset }
        if moved.count != 1 { faults.append("\(moved.count) entries moved at \(id)") }
        for (epoch, offset) in moved {
          let before = standing[epoch] ?? -1
          if offset != before + 1 { faults.append("\(offset) after \(before)") }
          standing[epoch] = offset
        }
      case .reset(let reason, let cursor, let channels):
        if reason != "expired" || channels != ["few"] { faults.append("reset \(reason) \(channels)") }
        for (epoch, offset) in entries(cursor) where epoch == few { standing[epoch] = offset }
      case .cursor, .status, .move, .closed: faults.append("\(event)")
      }
    }
    return faults
  }

  @Test(
    "a replay larger than the hard limit arrives in parts", arguments: [FeedReader.Transport.webSocket, .eventFrames])
  func replay(transport: FeedReader.Transport) async throws {
    let site = site
    try await site.publish(site.all, 250)
    try await serving([site], arguments: ["--queue-soft", "8KiB", "--queue-hard", "64KiB"]) { port in
      let reader = try FeedReader(transport, "/floods/replay", port: port)
      let last = try await site.all.publish("last")
      try reader.read { $0.cursor == last.description }
      #expect(offsets(reader) == Array(1...251))
      reader.close()
    }
  }
}
