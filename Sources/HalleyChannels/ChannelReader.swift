import Synchronization

/// One reader of a channel inside the program: keeps its place, and what little has arrived.
///
/// New messages come through a small buffer while the reader keeps up. When it does not, the buffer is given up and the
/// log is read again from the reader's place, in batches: slowness costs memory only in the log, which has its limits.
/// Belongs to one iterator, which is used by one task at a time.
final class ChannelReader {
  /// Most messages between log and reader.
  static let buffer = 64
  private static let batch = ReplayLimits(messages: buffer, bytes: 256 << 10)

  private let channel: Channel
  private let sink = ReaderSink(limit: ChannelReader.buffer)
  private var position: MessageID
  /// In order after `position`; taken from the end.
  private var ready: [Message] = []
  /// The log holds more than has been read.
  private var isBehind = true
  private var isAttached = false
  private var isOver = false
  private var failure: SubscriptionError?

  init(_ channel: Channel, from start: ReadResult) {
    self.channel = channel
    position = start.start
    if case .reset(let reason) = start.outcome { failure = .reset(reason: reason.rawValue, cursor: start.end) }
  }

  deinit { if isAttached { channel.log.detach(sink) } }

  /// The next message, or nil when the task is cancelled or the end was told.
  func next() async throws(SubscriptionError) -> Message? {
    while !isOver {
      if Task.isCancelled { break }
      if let failure { throw end(failure) }
      if let message = ready.popLast() {
        position = message.id
        return message
      }
      if isBehind || !isAttached {
        catchUp()
      } else if !takeNew(), !isBehind {
        await sink.wait()
      }
    }
    end()
    return nil
  }

  /// What cannot be read ends the reader.
  func fail(at id: MessageID) -> SubscriptionError { end(.undecodable(id)) }

  /// Takes what has arrived, if it follows on what was read. Returns whether there is something.
  private func takeNew() -> Bool {
    let arrived = sink.takePending()
    let fresh = arrived.drop { $0.id.epoch == position.epoch && $0.id.offset <= position.offset && !$0.opensEpoch }
    guard let first = fresh.first else {
      isBehind = sink.hasOverflowed
      return false
    }
    guard first.id.epoch == position.epoch, first.id.offset == position.offset + 1, !first.opensEpoch else {
      // A gap, or a new epoch: the log says what there is.
      isBehind = true
      return false
    }
    // At a new epoch the log is asked when these have been read.
    let end = fresh.firstIndex { $0.opensEpoch } ?? fresh.endIndex
    isBehind = end < fresh.endIndex
    ready = fresh[..<end].reversed()
    return true
  }

  /// Reads the next batch from the log and attaches to what comes after it, as one step.
  private func catchUp() {
    sink.reset()
    let result = channel.log.attach(sink, from: .after([position]), limits: .unlimited, batch: Self.batch).result
    isAttached = true
    isBehind = result.more
    if case .reset(let reason) = result.outcome {
      failure = .reset(reason: reason.rawValue, cursor: result.end)
    } else {
      ready = result.messages.reversed()
    }
  }

  private func end() {
    isOver = true
    ready = []
    guard isAttached else { return }
    isAttached = false
    channel.log.detach(sink)
  }

  private func end(_ error: SubscriptionError) -> SubscriptionError {
    end()
    return error
  }
}

/// What a log tells a reader: a few new messages, or that there are more than it wants to keep.
private final class ReaderSink: ChannelSink {
  private struct State {
    var pending: [Message] = []
    var hasOverflowed = false
    var waiter: CheckedContinuation<Void, Never>?
    var isCancelled = false
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  func received(_ message: Message) {
    state.withLock { state in
      if state.pending.count >= limit {
        state.pending = []
        state.hasOverflowed = true
      } else if !state.hasOverflowed {
        state.pending.append(message)
      }
      state.waiter.take()?.resume()
    }
  }

  /// A reader only waits longer.
  func deliveryChanged() {}

  /// Called by the reader, and under the log's lock when it attaches.
  func takePending() -> [Message] {
    state.withLock { state in
      let taken = state.pending
      state.pending = []
      return taken
    }
  }

  /// More has come than was kept; only the log has it all.
  var hasOverflowed: Bool { state.withLock { $0.hasOverflowed } }

  /// Before the log is read: from now on messages are kept again.
  func reset() {
    state.withLock {
      $0.pending = []
      $0.hasOverflowed = false
    }
  }

  /// Returns when something has come, or the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isCancelled || state.hasOverflowed || !state.pending.isEmpty { return true }
          state.waiter = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock {
        $0.isCancelled = true
        return $0.waiter.take()
      }?.resume()
    }
  }
}
