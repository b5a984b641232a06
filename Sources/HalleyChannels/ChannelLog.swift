import Synchronization

/// One channel's log: the order of its messages, what is retained of them, and who is told of new ones.
///
/// Everything happens under one lock, so all sinks see the same order and a subscriber that attaches can neither miss
/// nor get twice a message that is published meanwhile. Any thread may call; no call blocks on anything but the lock.
package final class ChannelLog: Sendable {
  private struct State {
    var log: LogState
    var sinks: [any ChannelSink] = []
    var demand: (@Sendable (Bool) -> Void)?
    var usedAt: UInt64
    /// Messages appended in epochs before.
    var appendedBefore = 0
    var delivery = DeliveryStatus.live
    /// Where retained bytes are counted, and how many of them have been.
    var budget: HistoryBudget?
    var counted = 0

    mutating func read(
      _ point: ResumePoint, limits: ReplayLimits, batch: ReplayLimits, now: UInt64
    ) -> ReadResult {
      var result = log.read(point, limits: limits, batch: batch, now: now)
      result.delivery = delivery
      return result
    }

    /// Tells the budget what has changed; returns it if there is too much now. Declared channels have none.
    @inline(__always) mutating func count() -> HistoryBudget? { budget == nil ? nil : countAll() }

    private mutating func countAll() -> HistoryBudget? {
      guard let budget else { return nil }
      let bytes = log.window.bytes + log.window.count * HistoryBudget.overhead
      if bytes != counted {
        budget.add(bytes - counted)
        counted = bytes
      }
      return budget.isOver ? budget : nil
    }
  }

  private let state: Mutex<State>
  /// Of the limits, what every publish asks for.
  private let payload: Atomic<Int>
  private let clock: MillisecondClock

  /// An empty log.
  ///
  /// - Parameters:
  ///   - limits: what is retained; can be replaced later.
  ///   - epoch: the name of this life of the channel.
  ///   - clock: monotonic milliseconds, for ages.
  package init(limits: ChannelLimits, epoch: Epoch = .random(), clock: @escaping MillisecondClock = MonotonicTime.clock)
  {
    state = Mutex(State(log: LogState(epoch: epoch, limits: limits), usedAt: clock()))
    payload = Atomic(limits.payload)
    self.clock = clock
  }

  /// Appends a message and hands it to every sink, unless its idempotency key is known.
  @inline(__always) package func append(_ draft: MessageDraft) -> PublishReceipt {
    let (receipt, full) = state.withLock { state -> (PublishReceipt, HistoryBudget?) in
      // Read under the lock, so that times rise with offsets.
      let now = clock()
      state.usedAt = now
      switch state.log.append(draft, now: now) {
      case .duplicate(let id): return (PublishReceipt(id: id, duplicate: true), nil)
      case .appended(let message):
        for index in state.sinks.indices { state.sinks[index].received(message) }
        return (PublishReceipt(id: message.id), state.count())
      }
    }
    full?.reclaim()
    return receipt
  }

  /// Begins a new epoch, as the broker says: messages and idempotency keys are those of the beginning. In one step, so
  /// that every sink gets what was appended before, the mark of the epoch (``Message/opensEpoch``), and what comes
  /// after, in this order; and every cursor of the old epoch is met with `reset(epoch)` from now on.
  ///
  /// - Returns: false when the channel has that epoch already; then nothing has changed.
  @discardableResult
  package func restart(_ beginning: LogBeginning) -> Bool {
    let (isNew, full) = state.withLock { state -> (Bool, HistoryBudget?) in
      if beginning.epoch == state.log.epoch { return (false, nil) }
      let now = clock()
      state.usedAt = now
      state.appendedBefore += state.log.appended
      state.log = LogState(beginning, limits: state.log.limits, now: now)
      let mark = Message(opening: state.log.top, at: now)
      for sink in state.sinks { sink.received(mark) }
      return (true, state.count())
    }
    full?.reclaim()
    return isNew
  }

  /// How many messages have been appended here, in all epochs.
  var appended: Int { state.withLock { $0.appendedBefore + $0.log.appended } }

  /// Whether messages arrive, as the broker says; sinks are told of each change.
  package var delivery: DeliveryStatus {
    get { state.withLock { $0.delivery } }
    set {
      state.withLock { state in
        if state.delivery == newValue { return }
        state.delivery = newValue
        for sink in state.sinks { sink.deliveryChanged() }
      }
    }
  }

  /// Counts what is retained towards a budget, from now on.
  func count(towards budget: HistoryBudget) {
    state.withLock { state in
      state.budget = budget
      _ = state.count()
    }
  }

  /// Drops the oldest retained messages until so many bytes have been given back, or nothing is left.
  ///
  /// - Returns: the bytes given back.
  func release(_ bytes: Int) -> Int {
    state.withLock { state in
      let before = state.counted
      state.log.release(bytes)
      _ = state.count()
      return before - state.counted
    }
  }

  deinit { state.withLock { $0.budget?.add(-$0.counted) } }

  /// Adds a subscriber behind a sink, without a gap and without a duplicate.
  ///
  /// In one step: meets the request's position, attaches the sink if it is not attached yet, and takes over what the
  /// sink has pending. Afterwards the caller, before anything else happens on its loop: hands `pending` to the
  /// subscribers that were there before, sends the new one its messages, and adds it to them.
  ///
  /// - Parameters:
  ///   - sink: the loop's feed; attached once, however many subscribers it serves.
  ///   - point: where the subscriber stands.
  ///   - limits: above them the outcome is `reset(tooMany)`.
  ///   - batch: most that is returned; with `more`, the subscriber is not live yet.
  package func attach(
    _ sink: any ChannelSink, from point: ResumePoint, limits: ReplayLimits = .replay, batch: ReplayLimits = .unlimited
  ) -> Attachment {
    state.withLock { state in
      let now = clock()
      state.usedAt = now
      let result = state.read(point, limits: limits, batch: batch, now: now)
      _ = state.count()
      if !state.sinks.contains(where: { $0 === sink }) {
        state.sinks.append(sink)
        if state.sinks.count == 1 { state.demand?(true) }
      }
      return Attachment(result: result, pending: sink.takePending())
    }
  }

  /// Removes a sink. After the return it receives nothing more; what it has pending is its own affair.
  package func detach(_ sink: any ChannelSink) {
    state.withLock { state in
      guard let index = state.sinks.firstIndex(where: { $0 === sink }) else { return }
      state.sinks.remove(at: index)
      state.usedAt = clock()
      if state.sinks.isEmpty { state.demand?(false) }
    }
  }

  /// Reads without attaching: for short polls, and to refill a subscriber that lags.
  ///
  /// - Parameters:
  ///   - point: where the reader stands.
  ///   - limits: above them the outcome is `reset(tooMany)`; `.unlimited` for a refill.
  ///   - batch: most that is returned; `more` tells that the rest is there.
  package func read(
    from point: ResumePoint, limits: ReplayLimits = .replay, batch: ReplayLimits = .unlimited
  ) -> ReadResult {
    state.withLock { state in
      let now = clock()
      state.usedAt = now
      defer { _ = state.count() }
      return state.read(point, limits: limits, batch: batch, now: now)
    }
  }

  /// The position of the newest message.
  package var top: MessageID { state.withLock { $0.log.top } }

  /// How many sinks are attached.
  package var sinkCount: Int { state.withLock { $0.sinks.count } }

  /// When the log was last appended to, read, attached to or detached from, in milliseconds of its clock.
  package var usedAt: UInt64 { state.withLock { $0.usedAt } }

  /// The limits in force. Replacing them takes effect with the next call; what is already trimmed stays trimmed.
  package var limits: ChannelLimits {
    get { state.withLock { $0.log.limits } }
    set {
      state.withLock {
        $0.log.limits = newValue
        payload.store(newValue.payload, ordering: .relaxed)
      }
    }
  }

  /// The largest payload that is taken, bytes.
  var mostPayload: Int { payload.load(ordering: .relaxed) }

  /// Tells `body` now and at each change whether anybody is attached. Called under the lock: must only enqueue.
  func observeDemand(_ body: (@Sendable (Bool) -> Void)?) {
    state.withLock { state in
      state.demand = body
      body?(!state.sinks.isEmpty)
    }
  }
}
