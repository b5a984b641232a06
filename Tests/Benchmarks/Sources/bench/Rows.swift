/// A row of the table that costs time: so many messages of one kind.
struct LoadRow {
  var name: String
  /// What is counted.
  var unit: String
  /// Arguments of the generator; nil when the server has no such route.
  var arguments: (ServerProfile) -> [String]?
  /// Messages of one run at full speed, and under callgrind.
  var count: Int
  var countUnderCallgrind: Int
  /// Messages before those that are counted. Fan-out fills the channel's history first: from then on a message takes
  /// the memory that an old one gives back.
  var warmUpUnderCallgrind: Int?
  /// Most user instructions per unit; nil when only the processor's time is budgeted.
  var instructionBudget: Double?
  /// The prototype's user instructions per unit.
  var prototype: Double?
  /// What the peers needed on a quiet machine that counts instructions.
  var peers: String
  /// What is measured in the same run on the same machine, so that processor time means something.
  var floor: Floor?

  /// The least that a server can do.
  enum Floor: String {
    /// Raw libevent events in C. uWebSockets needs 1.03 times its time for an echo.
    case events = "raw events in C"
    /// evhttp in C. A plain request may take 1.2 times its instructions.
    case evhttp = "evhttp in C"
  }

  /// The budget, and never more than 1.2 times the prototype.
  var limit: Double? {
    switch (instructionBudget, prototype) {
    case (let budget?, let prototype?): min(budget, prototype * 1.2)
    case (let budget?, nil): budget
    case (nil, let prototype?): prototype * 1.2
    case (nil, nil): nil
    }
  }

  static var all: [LoadRow] {
    [
      LoadRow(
        name: "echo, 1 in flight", unit: "message",
        arguments: { ["echo", "--path", $0.echo] }, count: 100_000, countUnderCallgrind: 6_400,
        instructionBudget: 640, prototype: 572, peers: "uWebSockets 1.42 µs, 637; SwiftNIO 3.79 µs, 22,280",
        floor: .events),
      LoadRow(
        name: "echo, 16 in flight", unit: "message",
        arguments: { ["echo", "--path", $0.echo, "--in-flight", "16"] }, count: 640_000, countUnderCallgrind: 25_600,
        instructionBudget: 354, prototype: 191, peers: "uWebSockets 0.103 µs, 354; SwiftNIO 1.23 µs", floor: .events),
      LoadRow(
        name: "async echo, 1 in flight", unit: "message",
        arguments: { ["echo", "--path", $0.asyncEcho] }, count: 100_000, countUnderCallgrind: 6_400,
        prototype: 2_329, peers: "uWebSockets 1.42 µs; at most 1.15 ×", floor: .events),
      LoadRow(
        name: "async echo, 16 in flight", unit: "message",
        arguments: { ["echo", "--path", $0.asyncEcho, "--in-flight", "16"] }, count: 640_000,
        countUnderCallgrind: 25_600, prototype: 378, peers: "uWebSockets 0.103 µs; at most 1.2 ×", floor: .events),
      LoadRow(
        name: "ws fan-out, 1 outstanding", unit: "delivery",
        arguments: { fanOut("ws", $0.webSocket, $0, 1) }, count: 100, countUnderCallgrind: 20,
        warmUpUnderCallgrind: 160, instructionBudget: 100, prototype: 28,
        peers: "uWebSockets 1.02 µs, 403; nchan 1.48 µs; SwiftNIO 2.36 µs",
        floor: .events),
      LoadRow(
        name: "ws fan-out, 16 outstanding", unit: "delivery",
        arguments: { fanOut("ws", $0.webSocket, $0, 16) }, count: 1_600, countUnderCallgrind: 160,
        warmUpUnderCallgrind: 160, instructionBudget: 229, prototype: 3,
        peers: "uWebSockets 0.152 µs, 229; nchan 0.77 µs", floor: .events),
      LoadRow(
        name: "sse fan-out, 1 outstanding", unit: "delivery",
        arguments: { fanOut("sse", $0.eventStream, $0, 1) }, count: 100, countUnderCallgrind: 20,
        warmUpUnderCallgrind: 160, instructionBudget: 576, prototype: 28,
        peers: "uWebSockets 1.03 µs, 576; nchan 1.68 µs; SwiftNIO 3.08 µs",
        floor: .events),
      LoadRow(
        name: "long-poll fan-out, re-polling", unit: "delivery",
        arguments: { profile in profile.longPoll.flatMap { fanOut("poll", $0, profile, 1) } }, count: 50,
        countUnderCallgrind: 4, peers: "nchan 3.31 µs; iComet 6.05 µs"),
      LoadRow(
        name: "GET, keep-alive", unit: "request",
        arguments: { profile in profile.get.map { ["get", "--path", $0] } }, count: 50_000, countUnderCallgrind: 3_200,
        peers: "evhttp in C 4.9 µs, at most 1.2 ×; nginx 2.17 µs", floor: .evhttp),
      LoadRow(
        name: "connect, upgrade, close", unit: "connection",
        arguments: { ["connect", "--path", $0.echo, "--sources", "8"] }, count: 10_000, countUnderCallgrind: 400,
        peers: "at most 14 µs; uWebSockets 4.5 µs, 8,971; SwiftNIO 32.8 µs", floor: .events),
    ]
  }

  private static func fanOut(_ transport: String, _ path: String, _ profile: ServerProfile, _ outstanding: Int)
    -> [String]
  {
    [
      "fanout", "--transport", transport, "--path", path, "--publish-path", profile.publish, "--outstanding",
      String(outstanding),
    ]
  }
}

/// A row of the table that costs memory: so many connections that stand.
struct IdleRow {
  var name: String
  var transport: String
  var path: (ServerProfile) -> String?
  /// Most bytes of user space per connection.
  var budget: Int
  /// The prototype's.
  var prototype: Int?
  var peers: String

  /// The first two stand at the same time, in one process.
  static var all: [IdleRow] {
    [
      IdleRow(
        name: "WebSocket, subscribed", transport: "ws", path: { $0.webSocket }, budget: 400, prototype: 251,
        peers: "uWebSockets 452; SwiftNIO 5,322; nchan 10,384"),
      IdleRow(
        name: "event stream", transport: "sse", path: { $0.eventStream }, budget: 400, prototype: 252,
        peers: "uWebSockets 294; iComet 2,759; evhttp in C 4,236"),
      IdleRow(
        name: "WebSocket, async handler", transport: "ws", path: { $0.asyncEcho }, budget: 2_048, prototype: 1_732,
        peers: ""),
      IdleRow(
        name: "held long-poll", transport: "poll", path: { $0.longPoll }, budget: 4_096,
        peers: "iComet 2,597; evhttp in C 3,858; nchan 10,212"),
    ]
  }
}
