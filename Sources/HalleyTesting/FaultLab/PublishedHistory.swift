import HalleyChannels

/// What was really published: the truth that the lab's checker compares with. It shares no code with the log.
final class PublishedHistory {
  struct Record {
    var kind: MessageKind
    var payload: [UInt8]
    /// Payload, event and key, as history limits count them.
    var size: Int
    /// For conflation.
    var key: String?
    /// About a member of the channel.
    var isPresence: Bool
    var publishedAt: UInt64

    init(_ draft: MessageDraft, publishedAt: UInt64) {
      kind = draft.kind
      payload = draft.payload
      key = draft.key
      size = draft.payload.count + (draft.event?.utf8.count ?? 0) + (draft.key?.utf8.count ?? 0)
      isPresence = draft.isPresence
      self.publishedAt = publishedAt
    }
  }

  /// One life of one channel.
  struct Life {
    var channel: Int
    var records: [Record] = []
    /// The newest position of each key.
    var newest: [String: Int] = [:]

    mutating func add(_ record: Record) {
      records.append(record)
      if let key = record.key { newest[key] = records.count }
    }
  }

  private(set) var lives: [UInt64: Life] = [:]
  /// The epoch of each channel now.
  private(set) var epochs: [UInt64] = []
  private let setup: FaultScript.Setup

  init(_ setup: FaultScript.Setup) { self.setup = setup }

  /// A channel begins a new life; at first one after the other.
  func begin(_ epoch: UInt64, channel: Int) {
    if channel == epochs.count { epochs.append(epoch) } else { epochs[channel] = epoch }
    lives[epoch] = Life(channel: channel)
  }

  func add(_ record: Record, to channel: Int) {
    let epoch = epochs[channel]
    lives[epoch, default: Life(channel: channel)].add(record)
  }

  func record(at place: LabPlace) -> Record? {
    guard let life = lives[place.epoch], place.offset >= 1, place.offset <= life.records.count else { return nil }
    return life.records[place.offset - 1]
  }

  /// Whether each message between two positions has a key and is not the newest of it: only then may a slow reader go
  /// without them.
  func areReplaced(after last: LabPlace, before next: Int) -> Bool {
    guard next > last.offset + 1 else { return true }
    guard let life = lives[last.epoch], next <= life.records.count + 1 else { return false }
    return (last.offset + 1..<next).allSatisfy { offset in
      life.records[offset - 1].key.flatMap { life.newest[$0] }.map { $0 > offset } ?? false
    }
  }

  /// The newest position of each channel.
  var tops: [LabPlace] { epochs.map { LabPlace(epoch: $0, offset: lives[$0]?.records.count ?? 0) } }

  // MARK: What a server may answer

  /// How a request must be met, channel by channel (delivery contract §4).
  ///
  /// - Parameters:
  ///   - places: the cursor that the client holds, or nil when it has none.
  ///   - limits: the replay limits; nil for a refill, which has none.
  func expected(_ places: [LabPlace]?, start: LabStart, limited: Bool, now: UInt64) -> LabOutcome {
    var outcome = LabOutcome(start: [], resets: [])
    for (channel, top) in tops.enumerated() {
      guard let places else {
        outcome.start.append(begin(start, top, now: now))
        outcome.isNew = true
        continue
      }
      guard let place = places.first(where: { $0.epoch == top.epoch }) else {
        outcome.reset(channel, "epoch", top)
        continue
      }
      let missing = top.offset - place.offset
      if missing < 0 {
        outcome.reset(channel, "unknown", top)
      } else if missing > held(top, now: now) {
        outcome.reset(channel, "expired", top)
      } else if limited, missing > setup.replay.messages || size(after: place, top) > setup.replay.bytes {
        outcome.reset(channel, "too_many", top)
      } else {
        outcome.start.append(place)
        if missing > 0 { outcome.isCurrent = false }
      }
    }
    return outcome
  }

  /// How many messages the channel still holds.
  private func held(_ top: LabPlace, now: UInt64) -> Int {
    guard let records = lives[top.epoch]?.records else { return 0 }
    var bytes = 0
    var count = 0
    // What is said about members pushes nothing else out, until there is as much of the one as there may be of the
    // other.
    var others = 0
    for record in records.reversed() {
      bytes += record.size
      if !record.isPresence { others += 1 }
      guard others <= setup.history.messages, count < 2 * setup.history.messages, bytes <= setup.history.bytes,
        now - record.publishedAt <= UInt64(setup.history.age)
      else { break }
      count += 1
    }
    return count
  }

  private func size(after place: LabPlace, _ top: LabPlace) -> Int {
    (lives[top.epoch]?.records[place.offset...] ?? []).reduce(0) { $0 + $1.size }
  }

  private func begin(_ start: LabStart, _ top: LabPlace, now: UInt64) -> LabPlace {
    guard case .last(let most) = start, let records = lives[top.epoch]?.records else { return top }
    var place = top
    var bytes = 0
    var wanted = most
    for record in records.reversed().prefix(min(setup.replay.messages, held(top, now: now))) where wanted > 0 {
      bytes += record.size
      guard bytes <= setup.replay.bytes else { break }
      if !record.isPresence { wanted -= 1 }
      place.offset -= 1
    }
    return place
  }
}

/// Where a subscriber without a cursor begins.
enum LabStart: Hashable {
  case latest
  case last(Int)

  var text: String {
    switch self {
    case .latest: "latest"
    case .last(let count): "last-\(count)"
    }
  }
}

/// How a request must be met, and from where it goes on.
struct LabOutcome {
  struct Reset: Hashable {
    var channel: Int
    var reason: String
  }

  /// Where each channel goes on.
  var start: [LabPlace]
  var resets: [Reset]
  var isNew = false
  var isCurrent = true

  mutating func reset(_ channel: Int, _ reason: String, _ top: LabPlace) {
    start.append(top)
    resets.append(Reset(channel: channel, reason: reason))
  }

  /// As frames say it.
  var word: String { !resets.isEmpty ? "reset" : isNew ? "new" : isCurrent ? "current" : "resumed" }
}
