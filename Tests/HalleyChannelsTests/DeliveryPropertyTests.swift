import Testing

@testable import HalleyChannels

/// A subscriber of a simulated loop: what it saw must be every position after its cursor, once, in order, or a reset.
private struct Subscriber {
  var position = MessageID(epoch: exampleEpoch, offset: 0)
  var feed: Int?
  var resets = 0
  var replayed = 0

  mutating func see(_ message: Message) -> Bool {
    guard message.id.offset == position.offset + 1 else { return false }
    position = message.id
    return true
  }
}

@Suite("Delivery, random histories")
struct DeliveryPropertyTests {
  /// Two loops, six subscribers that come and go, publishes, turns and time, against a naive model of the history.
  @Test("a prefix in order, or an explicit reset", arguments: [UInt64](1...200))
  func prefixOrReset(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let clock = ManualClock()
    let history = History.last(
      .random(in: 0...9, using: &random), bytes: .random(in: 5...60, using: &random), age: .milliseconds(50))
    let replay = ReplayLimits(messages: .random(in: 1...9, using: &random), bytes: .random(in: 5...60, using: &random))
    let limits = ChannelLimits(history)
    let log = makeLog(limits, clock: clock)
    let feeds = [MessageInbox {}, MessageInbox {}]
    var subscribers = [Subscriber](repeating: Subscriber(), count: 6)
    var published: [(size: Int, at: UInt64)] = []

    func held() -> Int {
      var bytes = 0
      var count = 0
      for entry in published.reversed() {
        bytes += entry.size
        guard count < limits.historyMessages, bytes <= limits.historyBytes,
          clock.now - entry.at <= UInt64(limits.historyAge)
        else { break }
        count += 1
      }
      return count
    }

    func expected(_ cursor: Int) -> ResumeOutcome {
      let missing = published.count - cursor
      if missing == 0 { return .current }
      if missing > held() { return .reset(.expired) }
      let bytes = published[cursor...].reduce(0) { $0 + $1.size }
      return missing > replay.messages || bytes > replay.bytes ? .reset(.tooMany) : .resumed
    }

    func spread(_ messages: [Message], on feed: Int) {
      for message in messages {
        for index in subscribers.indices where subscribers[index].feed == feed {
          let fits = subscribers[index].see(message)
          #expect(fits, "seed \(seed): gap, duplicate or disorder at \(message.id)")
        }
      }
    }

    for _ in 0..<400 {
      let index = Int.random(in: subscribers.indices, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<4:
        let size = Int.random(in: 0...12, using: &random)
        _ = log.append(try MessageDraft(text: String(repeating: "x", count: size)))
        published.append((size, clock.now))
      case 4..<6:
        let feed = Int.random(in: 0..<2, using: &random)
        spread(feeds[feed].takePending(), on: feed)
      case 6: clock.advance(.random(in: 0...40, using: &random))
      case 7 where subscribers[index].feed != nil: subscribers[index].feed = nil
      case 8 where subscribers.allSatisfy { $0.feed != 0 }: log.detach(feeds[0])
      default:
        guard subscribers[index].feed == nil else { continue }
        let feed = Int.random(in: 0..<2, using: &random)
        let cursor = subscribers[index].position
        let attachment = log.attach(feeds[feed], from: .after([cursor]), limits: replay)
        spread(attachment.pending, on: feed)
        #expect(attachment.result.outcome == expected(cursor.offset), "seed \(seed)")
        subscribers[index].position = attachment.result.start
        if case .reset = attachment.result.outcome {
          subscribers[index].resets += 1
        } else {
          #expect(attachment.result.start == cursor, "seed \(seed): the cursor moved without a reset")
        }
        for message in attachment.result.messages {
          let fits = subscribers[index].see(message)
          #expect(fits, "seed \(seed): replay out of order")
          subscribers[index].replayed += 1
        }
        #expect(subscribers[index].position == log.top, "seed \(seed)")
        subscribers[index].feed = feed
      }
    }
    for feed in feeds.indices { spread(feeds[feed].takePending(), on: feed) }
    for subscriber in subscribers where subscriber.feed != nil { #expect(subscriber.position == log.top) }
  }

  @Test("many threads publish while many attach: one order for all, no gap, no duplicate")
  func threads() async throws {
    let publishers = 4
    let each = 1500
    let log = ChannelLog(limits: ChannelLimits(.last(publishers * each, bytes: .max)))
    let seen = await withTaskGroup(of: [MessageID]?.self) { group in
      for publisher in 0..<publishers {
        group.addTask {
          for number in 0..<each {
            guard let draft = try? MessageDraft(text: "\(publisher):\(number)") else { continue }
            _ = log.append(draft)
            if number % 64 == 0 { await Task.yield() }
          }
          return nil
        }
      }
      for _ in 0..<12 {
        group.addTask {
          let inbox = MessageInbox {}
          var first: [Message] = log.attach(inbox, from: .start(.oldest), limits: .unlimited).result.messages
          var second: [Message]?
          while log.top.offset < publishers * each {
            // A second subscriber joins the same feed somewhere in the middle.
            if second == nil, log.top.offset > publishers * each / 2 {
              let attachment = log.attach(inbox, from: after(0, in: log), limits: .unlimited)
              first += attachment.pending
              second = attachment.result.messages
            }
            let batch = inbox.takePending()
            first += batch
            second? += batch
            await Task.yield()
          }
          let rest = inbox.takePending()
          first += rest
          second? += rest
          log.detach(inbox)
          if let second, second.map(\.id) != first.map(\.id) { return [] }
          return first.map(\.id)
        }
      }
      var results: [[MessageID]] = []
      for await result in group { if let result { results.append(result) } }
      return results
    }
    #expect(seen.count == 12)
    for ids in seen { #expect(ids.map(\.offset) == Array(1...(publishers * each))) }
    #expect(log.sinkCount == 0)
  }

  private func after(_ offset: Int, in log: ChannelLog) -> ResumePoint {
    .after([MessageID(epoch: log.top.epoch, offset: offset)])
  }
}
