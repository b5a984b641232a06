/// The rules of one channel's log, without lock, clock or sinks.
struct LogState {
  let epoch: Epoch
  /// The offset at which it began here.
  let began: Int
  var limits: ChannelLimits
  private(set) var window: MessageWindow
  private(set) var idempotency = IdempotencyWindow()

  init(epoch: Epoch, limits: ChannelLimits) {
    self.epoch = epoch
    began = 0
    self.limits = limits
    window = MessageWindow()
  }

  /// A log that has begun elsewhere.
  init(_ beginning: LogBeginning, limits: ChannelLimits, now: UInt64) {
    epoch = beginning.epoch
    began = beginning.top
    self.limits = limits
    window = MessageWindow(top: beginning.top - beginning.messages.count)
    var time: UInt64 = 0
    for held in beginning.messages {
      // Times rise with offsets, whatever the clocks of the publishers have said.
      time = max(time, now - min(now, held.age))
      let id = MessageID(epoch: epoch, offset: window.top + 1)
      window.append(Message(held.draft, id: id, appendedAt: time))
      idempotency.remember(id, of: held.draft, limits: limits, now: time)
    }
    window.trim(limits, now: now)
  }

  /// The position of the newest message.
  var top: MessageID { MessageID(epoch: epoch, offset: window.top) }

  /// Messages appended since it began here.
  var appended: Int { window.top - began }

  enum Append {
    case appended(Message)
    case duplicate(MessageID)
  }

  /// Gives the draft the next position, unless its idempotency key is known.
  @inline(__always) mutating func append(_ draft: MessageDraft, now: UInt64) -> Append {
    if let id = idempotency.id(of: draft, limits: limits, now: now) { return .duplicate(id) }
    let id = MessageID(epoch: epoch, offset: window.top + 1)
    let message = Message(draft, id: id, appendedAt: now)
    window.append(message)
    window.trim(limits, now: now)
    idempotency.remember(id, of: draft, limits: limits, now: now)
    return .appended(message)
  }

  /// Drops the oldest messages until so many bytes are free, their overhead counted.
  mutating func release(_ bytes: Int) { window.release(bytes, overhead: HistoryBudget.overhead) }

  /// Meets a request: exactly one outcome, and the messages that go with it.
  mutating func read(_ point: ResumePoint, limits replay: ReplayLimits, batch: ReplayLimits, now: UInt64) -> ReadResult
  {
    window.trim(limits, now: now)
    let (outcome, position) = resume(point, replay)
    let messages = window.messages(after: position, batch: batch)
    let end = position + messages.count
    return ReadResult(
      outcome: outcome, start: MessageID(epoch: epoch, offset: position), messages: messages, more: end < window.top,
      end: MessageID(epoch: epoch, offset: end), top: window.top)
  }

  private func resume(_ point: ResumePoint, _ limits: ReplayLimits) -> (ResumeOutcome, position: Int) {
    switch point {
    case .start(.latest): return (.new, window.top)
    case .start(.oldest): return (.new, window.start(ofLast: .max, within: limits))
    case .start(.last(let count)): return (.new, window.start(ofLast: max(0, count), within: limits))
    case .unknown: return (.reset(.unknown), window.top)
    case .after(let entries):
      guard let cursor = entries.first(where: { $0.epoch == epoch })?.offset else {
        return (.reset(entries.isEmpty ? .unknown : .epoch), window.top)
      }
      guard (0...window.top).contains(cursor) else { return (.reset(.unknown), window.top) }
      if cursor == window.top { return (.current, cursor) }
      guard cursor + 1 >= window.first else { return (.reset(.expired), window.top) }
      guard window.tail(after: cursor, fits: limits) else { return (.reset(.tooMany), window.top) }
      return (.resumed, cursor)
    }
  }
}
