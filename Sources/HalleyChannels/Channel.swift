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

  /// What every publish asks for, behind one lock.
  private struct Door {
    /// None: the log in memory is the truth.
    var broker: (any Broker)?
    var contract: ChannelContract?
  }
  private let door: Mutex<Door>
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
    door = Mutex(Door(contract: contract))
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
    door.withLock { $0.broker = newBroker }
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
    guard let broker = door.withLock({ $0.broker }) else { return done(.success(log.append(draft))) }
    broker.publish(draft, to: self, done: done)
  }

  /// Publishes what a socket without frames has sent: bytes and their kind, no more. The outcome cannot be told to it
  /// either; the broker's word is in the log.
  ///
  /// The way of most messages from clients. The draft stays a value in registers here, while handing it from module to
  /// module costs more than all the rest.
  ///
  /// - Parameter payload: valid UTF-8 if the kind is text.
  /// - Throws: as `admit`; `.invalid` for what is not JSON and should be.
  package func publish(raw payload: [UInt8], as kind: MessageKind) throws(PublishError) {
    let (broker, contract) = door.withLock { ($0.broker, $0.contract) }
    if kind != .json, broker == nil, contract == nil {
      try checkSize(payload.count)
      _ = log.append(MessageDraft(plain: payload, kind: kind))
      return
    }
    let draft = kind == .json ? try MessageDraft(json: payload) : MessageDraft(plain: payload, kind: kind)
    publish(admitted: try admit(draft)) { _ in }
  }

  /// What a draft becomes in this channel: as it is, or for a typed channel the JSON of its type.
  ///
  /// - Throws: `.tooLarge`; `.invalid` when the channel's name or its type do not allow it.
  package func admit(_ draft: consuming MessageDraft) throws(PublishError) -> MessageDraft {
    try checkSize(draft.payload.count)
    guard let contract else { return draft }
    return try contract.admit(draft)
  }

  /// Refuses what is too large, and everything in a channel that no start would have let pass.
  @inline(__always) func checkSize(_ count: Int) throws(PublishError) {
    if let nameProblem { throw .invalid("the channel's name \(nameProblem)") }
    let limit = log.mostPayload
    guard count <= limit else { throw .tooLarge(limit: limit) }
  }

  /// What every message has to be; nil when anything may be published.
  package var contract: ChannelContract? { door.withLock { $0.contract } }

  /// Binds the channel to a type, unless it is bound already.
  package func adopt(_ contract: ChannelContract) {
    door.withLock { if $0.contract == nil { $0.contract = contract } }
  }

  /// Publishes a draft and returns when the broker has appended it.
  package func publish(_ draft: MessageDraft) async throws(PublishError) -> PublishReceipt {
    let result = await withCheckedContinuation { continuation in
      publish(draft) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }
}
