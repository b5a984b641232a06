/// The retained end of a log: contiguous messages up to the top, trimmed at the old end.
///
/// Appending and trimming are amortised O(1). The newest position outlives its message: an empty window still knows
/// where the log stands.
struct MessageWindow {
  /// Slots before `head` are empty, all later ones full.
  private var slots: [Message?] = []
  private var head = 0
  /// Sum of the retained messages' sizes.
  private(set) var bytes = 0
  /// How many of the retained messages tell of members.
  private var presences = 0
  /// Offset of the newest message ever appended; 0 before the first.
  private(set) var top: Int

  /// Nothing is retained.
  ///
  /// - Parameter top: what was appended before, wherever that was.
  init(top: Int = 0) { self.top = top }

  /// How many messages are retained.
  var count: Int { slots.count - head }
  /// Offset of the oldest retained message; `top + 1` when nothing is retained.
  var first: Int { top - count + 1 }

  /// Takes the message at offset `top + 1`.
  mutating func append(_ message: Message) {
    precondition(message.id.offset == top + 1, "a log grows by one position at a time")
    slots.append(message)
    bytes += message.size
    if message.isPresence { presences += 1 }
    top += 1
  }

  /// Drops the oldest messages until count, bytes and age are within the limits.
  mutating func trim(_ limits: ChannelLimits, now: UInt64) {
    let age = UInt64(clamping: limits.historyAge)
    while let oldest = slots.indices.contains(head) ? slots[head] : nil {
      let expired = now > age && oldest.appendedAt < now - age
      guard expired || isFull(limits) else { break }
      drop(oldest)
    }
    compact()
  }

  /// Drops the oldest messages until so many bytes are free.
  ///
  /// - Parameter overhead: what a message counts for besides its size.
  mutating func release(_ wanted: Int, overhead: Int) {
    var left = wanted
    while left > 0, let oldest = slots.indices.contains(head) ? slots[head] : nil {
      left -= oldest.size + overhead
      drop(oldest)
    }
    compact()
  }

  private mutating func drop(_ oldest: Message) {
    slots[head] = nil
    head += 1
    bytes -= oldest.size
    if oldest.isPresence { presences -= 1 }
  }

  private mutating func compact() {
    // Moving the rest only when at least as much was dropped keeps the cost per message constant.
    if head > 16, head >= count {
      slots.removeSubrange(..<head)
      head = 0
    }
  }

  /// What is said about members does not push out what members say, until there is as much of the one as there may be
  /// of the other.
  private func isFull(_ limits: ChannelLimits) -> Bool {
    let most = limits.historyMessages
    return count - presences > most || count - most > most || bytes > limits.historyBytes
  }

  /// The retained message at an offset, or nil.
  subscript(offset: Int) -> Message? {
    guard offset >= first, offset <= top else { return nil }
    return slots[head + (offset - first)]
  }

  /// Whether everything after `offset` fits into the limits.
  func tail(after offset: Int, fits limits: ReplayLimits) -> Bool {
    guard top - offset <= limits.messages else { return false }
    guard bytes > limits.bytes else { return true }
    return size(after: offset) <= limits.bytes
  }

  /// The lowest position after which at most `messages` messages, not counting those about members, are retained and
  /// the limits hold.
  func start(ofLast messages: Int, within limits: ReplayLimits) -> Int {
    let lowest = top - min(limits.messages, count)
    var position = top
    var wanted = messages
    var size = 0
    while wanted > 0, position > lowest, let message = self[position] {
      size += message.size
      guard size <= limits.bytes else { break }
      if !message.isPresence { wanted -= 1 }
      position -= 1
    }
    return position
  }

  /// The messages after `offset`, cut to a batch; a single message over the byte limit is a batch of its own.
  func messages(after offset: Int, batch: ReplayLimits) -> [Message] {
    let last = offset + min(top - offset, max(1, batch.messages))
    guard offset < last else { return [] }
    var result: [Message] = []
    result.reserveCapacity(last - offset)
    var size = 0
    for position in (offset + 1)...last {
      guard let message = self[position] else { break }
      size += message.size
      guard size <= batch.bytes || result.isEmpty else { break }
      result.append(message)
    }
    return result
  }

  private func size(after offset: Int) -> Int {
    var size = 0
    var position = offset + 1
    while let message = self[position] {
      size += message.size
      position += 1
    }
    return size
  }
}
