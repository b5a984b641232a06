import Testing

@testable import HalleyChannels

@Suite("Readers inside the program", .timeLimit(.minutes(1)))
struct ChannelReaderTests {
  private func texts(_ messages: [Message]) -> [String] {
    messages.map { String(decoding: $0.payload, as: UTF8.self) }
  }

  /// Waits for something that other tasks bring about; the suite's time limit is the only clock.
  private func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  @Test("a reader starts where it was told, and goes on with what is published")
  func starts() async throws {
    let channel = Channel("a", history: .last(10))
    for text in ["1", "2", "3"] { try await channel.publish(text) }
    var latest = channel.messages().makeAsyncIterator()
    var oldest = channel.messages(from: .oldest).makeAsyncIterator()
    var last = channel.messages(from: .last(1)).makeAsyncIterator()
    var cursor = channel.messages(from: .cursor(await channel.cursor)).makeAsyncIterator()
    try await channel.publish("4")
    #expect(try await texts([latest.next()].compactMap { $0 }) == ["4"])
    #expect(try await texts([last.next(), last.next()].compactMap { $0 }) == ["3", "4"])
    #expect(try await texts([cursor.next()].compactMap { $0 }) == ["4"])
    for text in ["1", "2", "3", "4"] { #expect(try await texts([oldest.next()].compactMap { $0 }) == [text]) }
  }

  @Test("what is published between making the sequence and the first step is not missed")
  func position() async throws {
    let channel = Channel("a")
    let messages = channel.messages(from: .latest)
    try await channel.publish("early")
    for try await message in messages {
      #expect(texts([message]) == ["early"])
      break
    }
    #expect(channel.log.sinkCount == 0)
  }

  @Test(
    "readers that attach while others publish get everything, in order, once", arguments: [History.last(4000), .none])
  func concurrent(history: History) async throws {
    let channel = Channel("a", history: history)
    let count = 2_000
    let enough = history == .none ? 40 : count
    let done = Counter()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          defer { done.increment() }
          var offsets: [Int] = []
          do {
            for try await message in channel.messages(from: .latest) {
              offsets.append(message.id.offset)
              if message.id.offset >= enough { break }
            }
          } catch SubscriptionError.reset(let reason, _) {
            // Without history a reader that falls behind cannot go on, and is told so.
            #expect(history == .none && reason == "expired")
          }
          guard let first = offsets.first else { return }
          #expect(offsets == Array(first..<(first + offsets.count)))
        }
      }
      group.addTask {
        for number in 0..<count {
          try await channel.publish("\(number)")
          if number % 16 == 0 { await Task.yield() }
        }
        // Those that come last need something to end on.
        while done.value < 8 {
          try await channel.publish("end")
          await Task.yield()
        }
      }
      try await group.waitForAll()
    }
    #expect(channel.log.sinkCount == 0)
  }

  @Test("a cancelled reader ends at once and leaves nothing behind")
  func cancelled() async throws {
    let channel = Channel("a")
    let readers = (0..<20).map { _ in
      Task {
        var count = 0
        for try await _ in channel.messages() { count += 1 }
        return count
      }
    }
    try await until { channel.log.sinkCount == 20 }
    try await channel.publish("one")
    for reader in readers { reader.cancel() }
    for reader in readers { #expect(try await reader.value <= 1) }
    #expect(channel.log.sinkCount == 0)
  }

  @Test("a slow reader holds a few messages only, and reads the rest from the log")
  func slow() async throws {
    let channel = Channel("a", history: .last(5_000))
    var reader = channel.messages().makeAsyncIterator()
    try await channel.publish("0")
    _ = try await reader.next()
    for number in 1...1_000 { try await channel.publish("\(number)") }
    weak let late = channel.log.read(from: .start(.last(1))).messages.first
    channel.log.limits.historyMessages = 900
    // Only the log held it: the reader kept none of what it has not asked for.
    try await channel.publish("1001")
    for number in 1_002...1_901 { try await channel.publish("\(number)") }
    #expect(late == nil)
    let error = await #expect(throws: SubscriptionError.self) { _ = try await reader.next() }
    let top = channel.log.top
    #expect(error == .reset(reason: "expired", cursor: top))
    #expect(try await reader.next() == nil)
    #expect(channel.log.sinkCount == 0)
    var second = channel.messages(from: .after(MessageID(epoch: top.epoch, offset: top.offset - 500)))
      .makeAsyncIterator()
    for offset in (top.offset - 499)...top.offset { #expect(try await second.next()?.id.offset == offset) }
  }

  @Test("a position that is none, or of another life of the channel, is told at the first step")
  func reset() async throws {
    let channel = Channel("a")
    for (cursor, reason) in [("nonsense!", "unknown"), ("zzzzzzzz-7", "epoch")] {
      let error = await #expect(throws: SubscriptionError.self) {
        for try await _ in channel.messages(from: .cursor(cursor)) {}
      }
      #expect(error == .reset(reason: reason, cursor: channel.log.top))
    }
    #expect(channel.log.sinkCount == 0)
  }

  @Test("two iterators of one sequence read for themselves")
  func independent() async throws {
    let channel = Channel("a")
    let messages = channel.messages()
    try await channel.publish("1")
    for _ in 0..<2 {
      var reader = messages.makeAsyncIterator()
      #expect(try await texts([reader.next()].compactMap { $0 }) == ["1"])
    }
  }

  @Test("a sequence of texts is published in order")
  func contentsOf() async throws {
    let channel = Channel("a", history: .last(10))
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    for text in ["1", "2", "3"] { continuation.yield(text) }
    continuation.finish()
    #expect(try await channel.publish(contentsOf: stream) == 3)
    #expect(texts(channel.log.read(from: .start(.oldest)).messages) == ["1", "2", "3"])
  }
}
