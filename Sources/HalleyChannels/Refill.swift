/// A subscriber that has fallen behind: it gets no live copies, only its position is kept, and when its queue has
/// drained it is given the next part of the log, until it has caught up (delivery contract §10).
///
/// A value without clock, socket or log, so that a simulated link can drive it like a real one:
///
/// 1. A live subscriber's queue is full when a run of messages begins: make a `Refill` at the position before the run.
/// 2. `isDue` says that the queue has drained far enough: read the set from `position`, as an attachment, within
///    `readLimits`. What is pending goes to the others.
/// 3. Tell the read's resets, if it has any, with its `start`; then call `take`, which hands over what is to be sent.
/// 4. Tell the cursor that `take` returns, if it returns one (rule R4).
/// 5. `isCaughtUp` after `take`: the subscriber joins those that are live in the same step, and the value is dropped.
package struct Refill: Sendable {
  /// Where the subscriber stands: everything up to here has been queued for it, replaced by something newer, or reset.
  package private(set) var position: Position
  /// Of several waiting messages with one key only the newest is sent.
  package let conflates: Bool
  /// Nothing is left in the logs after the position.
  package private(set) var isCaughtUp = false

  package init(at position: Position, conflates: Bool = false) {
    self.position = position
    self.conflates = conflates
  }

  /// Whether so little waits in the subscriber's queue that more can be read for it: less than a quarter of `soft`.
  package static func isDue(queued: Int, soft: Int) -> Bool { queued < max(1, soft / 4) }

  /// How much to read at once; a conflating subscriber looks at everything, since the newest counts.
  package func readLimits(_ batch: ReplayLimits) -> ReplayLimits { conflates ? .unlimited : batch }

  /// Goes through what was read from `position`.
  ///
  /// - Parameters:
  ///   - read: what the logs hold after the position, read within `readLimits`.
  ///   - send: sends a message; the position is the subscriber's once it has it. False when there is no room: then the
  ///     message is not sent now. The first one must be taken, or the subscriber would never get past it.
  /// - Returns: the position to tell, when more was passed than the last message says.
  package mutating func take(_ read: SetRead, send: (SetRead.Entry, Position) -> Bool) -> Position? {
    position = read.start
    var told = read.start
    let newest = conflates ? Self.newest(read.messages) : [:]
    for entry in read.messages {
      if let key = entry.message.key, let last = newest[Place(channel: entry.channel, key: key)],
        last != entry.message.id
      {
        position.pass(entry.message.id, of: entry.channel)
        continue
      }
      var after = position
      after.pass(entry.message.id, of: entry.channel)
      guard send(entry, after) else { return position == told ? nil : position }
      position = after
      told = after
    }
    isCaughtUp = !read.more
    return position == told ? nil : position
  }

  private struct Place: Hashable {
    var channel: Int
    var key: String
  }

  /// The newest message of each key.
  private static func newest(_ entries: [SetRead.Entry]) -> [Place: MessageID] {
    var newest: [Place: MessageID] = [:]
    for entry in entries {
      if let key = entry.message.key { newest[Place(channel: entry.channel, key: key)] = entry.message.id }
    }
    return newest
  }
}
