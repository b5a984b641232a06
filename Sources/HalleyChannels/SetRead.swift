/// What a reader of a set of channels gets. Each channel meets the reader's position by itself: when one is reset, the
/// others go on.
package struct SetRead: Sendable {
  /// A message and the channel it belongs to.
  package struct Entry: Sendable {
    /// Index in the set.
    package var channel: Int
    package var message: Message

    package init(channel: Int, message: Message) {
      self.channel = channel
      self.message = message
    }
  }

  /// A channel that could not meet the reader's position.
  package struct Reset: Sendable, Hashable {
    /// Index in the set.
    package var channel: Int
    package var reason: ResetReason
  }

  /// The outcome of the whole: a reset when one channel has one, with the reason of the first; `current` when all are.
  package var outcome: ResumeOutcome
  /// The channels that are reset; `start` says where they go on.
  package var resets: [Reset]
  /// The position just before the first message; without messages, where live starts.
  package var start: Position
  /// Oldest first, so that no channel waits for another; in each channel in order and contiguous after `start`.
  package var messages: [Entry]
  /// How many messages lie after `start`: these, and with `more` those that are still to be read.
  package var held: Int
  /// Further messages are held: read again from `end`.
  package var more: Bool
  /// The position after the last message.
  package var end: Position
  /// The newest position of every channel at that moment: where those stand who are live.
  package var top: Position
  /// Degraded when one of the channels is.
  package var delivery: DeliveryStatus
}

/// What a subscriber of a set gets that has just been attached.
package struct SetAttachment: Sendable {
  package var read: SetRead
  /// For each channel what its sink had received and not yet handed on; it belongs to those who were there before.
  package var pending: [[Message]]
}

extension ChannelSet {
  /// Adds a subscriber behind one sink for each channel, without a gap and without a duplicate in any of them.
  ///
  /// The duties of the caller are those of ``ChannelLog/attach(_:from:limits:batch:)``, for all channels as one step.
  package func attach(
    _ sinks: [any ChannelSink], from point: ResumePoint, limits: ReplayLimits = .replay,
    batch: ReplayLimits = .unlimited
  ) -> SetAttachment {
    var pending: [[Message]] = []
    pending.reserveCapacity(sinks.count)
    let results = zip(channels, sinks).map { channel, sink in
      let attachment = channel.log.attach(sink, from: point, limits: limits, batch: batch)
      pending.append(attachment.pending)
      return attachment.result
    }
    return SetAttachment(read: SetRead(results, batch: batch), pending: pending)
  }

  /// Reads without attaching.
  package func read(
    from point: ResumePoint, limits: ReplayLimits = .replay, batch: ReplayLimits = .unlimited
  ) -> SetRead {
    SetRead(channels.map { $0.log.read(from: point, limits: limits, batch: batch) }, batch: batch)
  }
}

extension SetRead {
  /// Joins what the channels of a set have answered and cuts it to a batch.
  init(_ results: [ReadResult], batch: ReplayLimits) {
    outcome = Self.outcome(results)
    resets = results.enumerated().compactMap { index, result in
      if case .reset(let reason) = result.outcome { Reset(channel: index, reason: reason) } else { nil }
    }
    start = Position(results.map(\.start))
    top = Position(results.map { MessageID(epoch: $0.start.epoch, offset: $0.top) })
    end = start
    held = results.reduce(0) { $0 + $1.top - $1.start.offset }
    messages = Self.merged(results)
    if results.count > 1 { messages = Array(messages.prefix(Self.count(of: messages, within: batch))) }
    for entry in messages { end.pass(entry.message.id, of: entry.channel) }
    more = messages.count < held
    delivery = results.contains { $0.delivery == .degraded } ? .degraded : .live
  }

  private static func outcome(_ results: [ReadResult]) -> ResumeOutcome {
    for result in results { if case .reset = result.outcome { return result.outcome } }
    if results.contains(where: { $0.outcome == .new }) { return .new }
    return results.allSatisfy { $0.outcome == .current } ? .current : .resumed
  }

  /// By the time they were published; times rise with offsets, so each channel keeps its order.
  private static func merged(_ results: [ReadResult]) -> [Entry] {
    let entries = results.enumerated().flatMap { index, result in
      result.messages.map { Entry(channel: index, message: $0) }
    }
    if results.count == 1 { return entries }
    return entries.sorted {
      ($0.message.appendedAt, $0.channel, $0.message.id.offset)
        < ($1.message.appendedAt, $1.channel, $1.message.id.offset)
    }
  }

  private static func count(of entries: [Entry], within batch: ReplayLimits) -> Int {
    var count = 0
    var bytes = 0
    for entry in entries {
      bytes += entry.message.size
      if count > 0, count >= batch.messages || bytes > batch.bytes { break }
      count += 1
    }
    return count
  }
}

extension SetRead {
  /// Calls `body` with each message and the position of whoever has got it.
  package func forEach(_ body: (Entry, Position) -> Void) {
    var position = start
    for entry in messages {
      position.pass(entry.message.id, of: entry.channel)
      body(entry, position)
    }
  }
}

extension ChannelSet {
  /// The bytes of a message for the subscribers of this set: shared by all subscribers of a single channel, else with
  /// the channel's name and the joined cursor.
  package func encode(_ entry: SetRead.Entry, _ encoding: MessageEncoding, at position: Position) -> [UInt8] {
    if isSingle { return entry.message.encoded(encoding) }
    return entry.message.encoded(encoding, in: channels[entry.channel].name, at: position)
  }
}
