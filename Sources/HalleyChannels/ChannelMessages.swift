/// A channel's messages as an async sequence: those after a position, then everything new, in order, each once.
///
/// While the log holds what a slow reader has not had yet, it gets all of it; when it does not, the sequence throws
/// ``SubscriptionError``: it never leaves out a message in silence. A reader holds no thread, and at most a few dozen
/// messages however slow it is: what it has not asked for stays in the log.
public struct ChannelMessages: AsyncSequence, Sendable {
  /// A message with its id, event and key.
  public typealias Element = Message
  /// Told instead of leaving something out.
  public typealias Failure = SubscriptionError

  private let channel: Channel
  private let start: ReadResult

  init(_ channel: Channel, from start: ChannelPosition) {
    self.channel = channel
    self.start = channel.log.read(from: start.point, limits: .unlimited, batch: ReplayLimits(messages: 1, bytes: 0))
  }

  /// Each iterator reads for itself, all of them from the position at which the sequence was made.
  public func makeAsyncIterator() -> Iterator { Iterator(reader: ChannelReader(channel, from: start)) }

  /// Takes messages from the channel until its task is cancelled.
  public struct Iterator: AsyncIteratorProtocol {
    let reader: ChannelReader

    /// The next message; nil when the task has been cancelled.
    ///
    /// - Throws: ``SubscriptionError/reset(reason:cursor:)`` when messages are missing; after that, nil.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(SubscriptionError) -> Message? {
      try await reader.next()
    }
  }
}

/// A typed channel's values as an async sequence; see ``ChannelMessages``.
public struct ChannelEvents<Event: Codable & Sendable>: AsyncSequence, Sendable {
  /// A value of the channel's type.
  public typealias Element = Event
  /// Told instead of leaving something out.
  public typealias Failure = SubscriptionError

  let messages: ChannelMessages
  let codec: EventCodec<Event>

  /// Each iterator reads for itself.
  public func makeAsyncIterator() -> Iterator {
    Iterator(messages: messages.makeAsyncIterator(), codec: codec)
  }

  /// Takes values from the channel until its task is cancelled.
  public struct Iterator: AsyncIteratorProtocol {
    var messages: ChannelMessages.Iterator
    let codec: EventCodec<Event>

    /// Position of the value that `next` returned last; nil before the first. Start from it to go on later.
    public private(set) var id: MessageID?

    init(messages: ChannelMessages.Iterator, codec: EventCodec<Event>) {
      self.messages = messages
      self.codec = codec
    }

    /// The next value; nil when the task has been cancelled.
    ///
    /// - Throws: ``SubscriptionError``; after that, nil.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(SubscriptionError) -> Event? {
      while let message = try await messages.next(isolation: actor) {
        if message.isPresence { continue }
        id = message.id
        do { return try codec.decode(message.payload) } catch { throw messages.reader.fail(at: message.id) }
      }
      return nil
    }
  }
}

/// Why a reader of a channel cannot go on.
public enum SubscriptionError: Error, Sendable, Hashable {
  /// Messages are missing and will not come: the log has moved on (`expired`), or it is another log (`epoch`), or the
  /// position was none (`unknown`). Load a snapshot and read on from `cursor`.
  case reset(reason: String, cursor: MessageID)
  /// A message is no value of the channel's type: it was published before the channel had it, or by another version
  /// of the program. Reading on from after it is safe.
  case undecodable(MessageID)
}

extension Channel {
  /// The channel's messages as an async sequence, for work inside the program: those after a position, then everything
  /// new.
  ///
  /// ```swift
  /// for try await message in positions.messages(from: .last(10)) { … }
  /// ```
  ///
  /// Any number of readers; each costs nothing while it waits. Leaving the loop or cancelling its task ends it.
  ///
  /// - Parameter start: where to begin, fixed now: what is published before the loop starts is not missed.
  @_disfavoredOverload
  public func messages(from start: ChannelPosition = .latest) -> ChannelMessages {
    ChannelMessages(self, from: start)
  }

  /// Publishes texts that a sequence yields, one after the other, until it ends.
  ///
  /// - Parameter texts: ends by itself, by throwing, or with the task.
  /// - Returns: how many were published.
  /// - Throws: what the sequence throws, or `PublishError`.
  @discardableResult
  @_disfavoredOverload
  public func publish<Texts: AsyncSequence>(
    contentsOf texts: Texts
  ) async throws -> Int where Texts.Element == String {
    var count = 0
    for try await text in texts {
      try await publish(text)
      count += 1
    }
    return count
  }
}
