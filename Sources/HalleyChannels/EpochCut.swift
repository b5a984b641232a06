/// What has come from the channels of a set since the last run, cut where some of them begin a new epoch.
///
/// The duties of the caller, in this order: sends `before` to those who are live; lets them stand at the beginning of
/// `begun`, and tells them so by a reset; sends `after`.
package struct EpochCut: Sendable {
  /// For each channel what it still had of its old epoch, or all it has when it goes on.
  package private(set) var before: [[Message]] = []
  /// The channels with a new epoch, by their index in the set, and where that stands.
  package private(set) var begun: [(channel: Int, at: MessageID)] = []
  /// For each channel what has come in its new epoch.
  package private(set) var after: [[Message]] = []

  /// Whether one of the messages is a mark. Asked for each run: one comparison a channel, since no epoch comes twice,
  /// so that the last message tells.
  ///
  /// - Parameter position: where everybody stands who is live.
  @inline(__always)
  package static func isNeeded(_ pending: [[Message]], from position: Position) -> Bool {
    for (channel, messages) in pending.enumerated() {
      if let last = messages.last, last.id.epoch != position.entries[channel].epoch { return true }
    }
    return false
  }

  /// - Parameter pending: for each channel messages and marks in order. Of several epochs only the newest counts: the
  ///   others are over before anybody has heard of them.
  package init(_ pending: [[Message]]) {
    for (channel, messages) in pending.enumerated() {
      guard let first = messages.firstIndex(where: { $0.opensEpoch }),
        let last = messages.lastIndex(where: { $0.opensEpoch })
      else {
        before.append(messages)
        after.append([])
        continue
      }
      before.append(Array(messages[..<first]))
      begun.append((channel, messages[last].id))
      after.append(Array(messages[(last + 1)...]))
    }
  }
}

extension SetRead {
  /// What those get who are live when channels begin a new epoch: a reset, and nothing old.
  ///
  /// - Parameters:
  ///   - cut: names the channels.
  ///   - position: where everybody goes on.
  ///   - delivery: as it is for the set.
  package init(_ cut: EpochCut, at position: Position, delivery: DeliveryStatus) {
    outcome = .reset(.epoch)
    resets = cut.begun.map { Reset(channel: $0.channel, reason: .epoch) }
    start = position
    messages = []
    held = 0
    more = false
    end = position
    top = position
    self.delivery = delivery
  }
}
