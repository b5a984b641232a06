/// How much of a channel's past is kept for clients that come back.
///
/// What is not stated here comes from the configuration (`history.messages`, `history.bytes`, `history.age`); what the
/// operator states there wins over the code.
public struct History: Sendable, Hashable {
  /// Most messages retained; nil leaves it to the configuration (128).
  package var messages: Int?
  /// Most bytes retained; nil leaves it to the configuration (1 MiB).
  package var bytes: Int?
  /// Longest time a message is retained, in milliseconds; nil leaves it to the configuration (5 min).
  package var ageMilliseconds: Int?

  /// All by configuration: 128 messages, 1 MiB, 5 minutes, whichever comes first.
  public static var `default`: History { History() }

  /// Nothing is retained: a client that missed a message is told so by a reset.
  public static var none: History { History(messages: 0) }

  /// The last `messages` messages, further limited by bytes and age.
  ///
  /// - Parameters:
  ///   - messages: most messages retained; below 0 counts as 0.
  ///   - bytes: most bytes of payload, event and key; nil is the configured value.
  ///   - age: longest time retained; nil is the configured value.
  public static func last(_ messages: Int, bytes: Int? = nil, age: Duration? = nil) -> History {
    History(
      messages: max(0, messages), bytes: bytes.map { max(0, $0) },
      ageMilliseconds: age.map { max(0, Int(clamping: $0.wholeMilliseconds)) })
  }
}

/// The limits of one channel in force, plain numbers.
package struct ChannelLimits: Sendable, Hashable {
  /// `history.messages`.
  package var historyMessages = 128
  /// `history.bytes`.
  package var historyBytes = 1 << 20
  /// `history.age`, milliseconds; a message exactly that old is still held.
  package var historyAge = 300_000
  /// `history.metaAge`, milliseconds: how long a computed channel without subscribers keeps epoch and top.
  package var metaAge = 86_400_000
  /// `publish.maxBytes`: largest payload.
  package var payload = 64 << 10
  /// `publish.idempotency`, milliseconds.
  package var idempotency = 300_000
  /// Most idempotency keys remembered at once; the oldest are forgotten first.
  package var idempotencyKeys = 4096

  /// The built-in defaults.
  package init() {}

  /// The built-in defaults with what the code states laid over them.
  package init(_ history: History) {
    historyMessages = history.messages ?? historyMessages
    historyBytes = history.bytes ?? historyBytes
    historyAge = history.ageMilliseconds ?? historyAge
  }
}

extension Duration {
  /// Whole milliseconds, rounded down; saturates far beyond any limit in use.
  var wholeMilliseconds: Int64 {
    let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow else { return components.seconds < 0 ? .min : .max }
    let (sum, tooFar) = seconds.addingReportingOverflow(components.attoseconds / 1_000_000_000_000_000)
    return tooFar ? .max : sum
  }
}
