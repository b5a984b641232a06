import Synchronization

/// A named, ordered log of messages that clients subscribe to over any transport.
///
/// ```swift
/// let positions = Channel("positions", history: .last(128))
/// try await positions.publish("hello")
/// ```
///
/// A channel may be shared freely between threads. Its messages have one order, the same for every subscriber. While
/// the log holds what a returning client missed, the client gets all of it; otherwise it is told by a reset.
public class Channel: @unchecked Sendable {
  // Sendable unchecked only because it is not final; ``TypedChannel`` adds constants, and what changes is behind locks.

  /// The name, case-sensitive: `[A-Za-z0-9_.:/-]{1,128}`, not starting with `halley.`.
  public let name: String
  /// What the code says about history.
  package let history: History
  /// Order, history and sinks.
  package let log: ChannelLog
  /// What is wrong with the name, as the end of a sentence; a declared channel with a problem stops the start.
  package let nameProblem: String?

  private let broker = Mutex<any Broker>(MemoryBroker())
  private let rule: Mutex<ChannelContract?>
  /// Who is present, on routes that count.
  let presenceBook = Mutex(PresenceBook())

  /// Declares a channel.
  ///
  /// - Parameters:
  ///   - name: a name that breaks the rule stops the application's start, and nothing can be published.
  ///   - history: what is retained for clients that come back.
  public convenience init(_ name: String, history: History = .default) {
    self.init(name, history: history, log: ChannelLog(limits: ChannelLimits(history)))
  }

  package init(_ name: String, history: History = .default, log: ChannelLog, contract: ChannelContract? = nil) {
    self.name = name
    self.history = history
    self.log = log
    rule = Mutex(contract)
    nameProblem = ChannelName.problem(name)
  }

  /// The position of the newest message now: embed it in a page **before** reading the snapshot that the page shows,
  /// and let the page start from it. What is published in between arrives again, so applying a message twice must be
  /// harmless.
  public var cursor: String {
    get async { log.top.description }
  }

  /// Puts a broker behind the channel, before the first publish.
  package func use(_ newBroker: any Broker) {
    broker.withLock { $0 = newBroker }
    log.observeDemand { [weak self] wanted in
      guard let self else { return }
      if wanted { newBroker.subscribe(self) } else { newBroker.unsubscribe(self) }
    }
  }

  /// Publishes a draft; `done` is called exactly once, at once or later, on any thread.
  package func publish(
    _ draft: MessageDraft, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  ) {
    do {
      publish(admitted: try admit(draft), done: done)
    } catch {
      done(.failure(error))
    }
  }

  /// The same for a draft that ``admit(_:)`` has let pass, or that the channel itself has made.
  package func publish(
    admitted draft: MessageDraft, done: @escaping @Sendable (Result<PublishReceipt, PublishError>) -> Void
  ) {
    broker.withLock { $0 }.publish(draft, to: self, done: done)
  }

  /// What a draft becomes in this channel: as it is, or for a typed channel the JSON of its type.
  ///
  /// - Throws: `.tooLarge`; `.invalid` when the channel's name or its type do not allow it.
  package func admit(_ draft: MessageDraft) throws(PublishError) -> MessageDraft {
    if let nameProblem { throw .invalid("the channel's name \(nameProblem)") }
    let limit = log.limits.payload
    guard draft.payload.count <= limit else { throw .tooLarge(limit: limit) }
    guard let contract else { return draft }
    return try contract.admit(draft)
  }

  /// What every message has to be; nil when anything may be published.
  package var contract: ChannelContract? { rule.withLock { $0 } }

  /// Binds the channel to a type, unless it is bound already.
  package func adopt(_ contract: ChannelContract) {
    rule.withLock { if $0 == nil { $0 = contract } }
  }

  /// Publishes a draft and returns when the broker has appended it.
  package func publish(_ draft: MessageDraft) async throws(PublishError) -> PublishReceipt {
    let result = await withCheckedContinuation { continuation in
      publish(draft) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}
