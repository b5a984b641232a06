public import HalleyChannels
public import HalleyServer

/// One path that pushes: channels over every transport offered, or a WebSocket with a handler of its own.
///
/// ```swift
/// Route("/positions", positions).websocket(inbound: .publish).sse().longPoll(hold: .seconds(20))
/// Route("/rooms/:room", channel: { "chat.\($0["room"])" }).websocket().sse()
/// Route("/echo").websocket { socket in for try await message in socket { try await socket.send(message) } }
/// ```
///
/// The request picks the transport among those offered; one that is not offered is answered with 406.
public struct Route: RouteDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Where a subscriber starts that brings no cursor.
  public struct Start: Sendable, Hashable {
    let position: Position

    enum Position: Sendable, Hashable {
      case latest, oldest
      case last(Int)
    }

    /// Only what comes next.
    public static let latest = Start(position: .latest)
    /// Everything retained.
    public static let oldest = Start(position: .oldest)
    /// Up to so many retained messages, then what comes next.
    public static func last(_ count: Int) -> Start { Start(position: .last(max(0, count))) }

    var startPosition: StartPosition {
      switch position {
      case .latest: .latest
      case .oldest: .oldest
      case .last(let count): .last(count)
      }
    }
  }

  /// A route that serves one channel, or up to sixteen over one connection.
  ///
  /// With several channels messages say which one they belong to (`channel`; plain event streams and WebSockets without
  /// frames carry the payload alone), and the cursor holds the position in each of them. Each channel keeps its own
  /// order and its own outcome: when one is reset, the reset names it in `channels` and the others go on. Who publishes
  /// names the channel: `?channel=` on a `POST`, `channel` in a frame. Every message is encoded once for all
  /// subscribers of the same channels in the same order.
  ///
  /// - Parameters:
  ///   - path: below the site's mount.
  ///   - channel: the channel; usually a constant of the site.
  ///   - others: further channels of the same subscription, all different.
  ///   - start: where a subscriber without a cursor starts.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public init(
    _ path: String, _ channel: Channel, _ others: Channel..., start: Start = .latest, file: String = #filePath,
    line: Int = #line
  ) {
    declaration = Declaration(
      .channel(.fixed(ChannelSet([channel] + others)), start: start.startPosition), path: path,
      at: SourceLocation(file, line))
    // Several channels have each a history of their own.
    if others.isEmpty { declaration.set(channel.history) }
  }

  /// A route whose channel depends on the request, usually on a parameter of the path.
  ///
  /// Channels come to life with their first subscriber or message and go when they are idle and empty. At most
  /// `limits.channels` live at once; a request past that is answered with 503.
  ///
  /// - Parameters:
  ///   - path: below the site's mount, with parameters as `/rooms/:room`.
  ///   - history: what each of these channels retains.
  ///   - start: where a subscriber without a cursor starts.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  ///   - channel: the channel's name, of `A-Z a-z 0-9 _ . : / -`, at most 128 bytes. Nil, or a name outside of that,
  ///     answers 404. Runs on the loop for each request; must not block.
  public init(
    _ path: String, history: History = .default, start: Start = .latest, file: String = #filePath, line: Int = #line,
    channel: @escaping @Sendable (Request) -> String?
  ) {
    declaration = Declaration(
      .channel(.computed(history: history, channel), start: start.startPosition), path: path,
      at: SourceLocation(file, line))
    declaration.set(history)
  }

  /// A route without a channel; `.websocket { socket in … }` says what it does.
  ///
  /// - Parameters:
  ///   - path: below the site's mount.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public init(_ path: String, file: String = #filePath, line: Int = #line) {
    declaration = Declaration(.open, path: path, at: SourceLocation(file, line))
  }
}

extension Declaration {
  /// What the code says about history is a setting like any other, so that the operator can override it.
  fileprivate mutating func set(_ history: History) {
    set("history.messages", history.messages.map { .number($0) }, at: location)
    set("history.bytes", history.bytes.map { .number($0) }, at: location)
    set("history.age", history.ageMilliseconds.map { .number($0) }, at: location)
  }
}
