import HalleyChannels

/// What was really published: the truth that the lab's checker compares with. It shares no code with the log.
final class PublishedHistory {
  struct Record {
    var kind: MessageKind
    var payload: [UInt8]
    /// Payload, event and key, as history limits count them.
    var size: Int
    var publishedAt: UInt64
  }

  /// One life of one channel.
  struct Life {
    var channel: Int
    var records: [Record] = []
  }

  private(set) var lives: [UInt64: Life] = [:]
  /// The epoch of each channel now.
  private(set) var epochs: [UInt64] = []
  private let setup: FaultScript.Setup

  init(_ setup: FaultScript.Setup) { self.setup = setup }

  /// Every channel begins a new life.
  func begin(_ epochs: [UInt64]) {
    self.epochs = epochs
    for (channel, epoch) in epochs.enumerated() { lives[epoch] = Life(channel: channel) }
  }

  func add(_ record: Record, to channel: Int) {
    lives[epochs[channel], default: Life(channel: channel)].records.append(record)
  }

  func record(at place: LabPlace) -> Record? {
    guard let life = lives[place.epoch], place.offset >= 1, place.offset <= life.records.count else { return nil }
    return life.records[place.offset - 1]
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
    for record in records.reversed() {
      bytes += record.size
      guard count < setup.history.messages, bytes <= setup.history.bytes,
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
    let count = min(most, setup.replay.messages, held(top, now: now))
    for record in records.reversed().prefix(count) {
      bytes += record.size
      guard bytes <= setup.replay.bytes else { break }
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
