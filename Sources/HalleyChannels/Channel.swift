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
public final class Channel: Sendable {
  /// The name, case-sensitive: `[A-Za-z0-9_.:/-]{1,128}`, not starting with `halley.`.
  public let name: String
  /// What the code says about history.
  package let history: History
  /// Order, history and sinks.
  package let log: ChannelLog
  /// What is wrong with the name, as the end of a sentence; a declared channel with a problem stops the start.
  package let nameProblem: String?

  private let broker = Mutex<any Broker>(MemoryBroker())

  /// Declares a channel.
  ///
  /// - Parameters:
  ///   - name: a name that breaks the rule stops the application's start, and nothing can be published.
  ///   - history: what is retained for clients that come back.
  public convenience init(_ name: String, history: History = .default) {
    self.init(name, history: history, log: ChannelLog(limits: ChannelLimits(history)))
  }

  package init(_ name: String, history: History = .default, log: ChannelLog) {
    self.name = name
    self.history = history
    self.log = log
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
    if let nameProblem { return done(.failure(.invalid("the channel's name \(nameProblem)"))) }
    let limit = log.limits.payload
    guard draft.payload.count <= limit else { return done(.failure(.tooLarge(limit: limit))) }
    broker.withLock { $0 }.publish(draft, to: self, done: done)
  }

  /// Publishes a draft and returns when the broker has appended it.
  package func publish(_ draft: MessageDraft) async throws(PublishError) -> PublishReceipt {
    let result = await withCheckedContinuation { continuation in
      publish(draft) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}
