import HalleyProtocols

/// Who is present in a channel whose route says `.presence(…)`.
///
/// Members are counted in this process only. Each coming and going is told in the channel by the events `presence.join`
/// and `presence.leave`, whose data is `{"user":"u7","members":12}` with the number of members afterwards.
public struct Presence: Sendable {
  let channel: Channel

  /// A user with at least one connection.
  public struct Member: Sendable, Hashable {
    /// What the route's identity says.
    public let user: String
    /// Open connections, such as tabs; 1 for a client between two polls.
    public let connections: Int
  }

  /// Members in the order of their names.
  public var members: [Member] {
    get async { channel.presenceBook.withLock { $0.members } }
  }

  /// How many members there are.
  public var count: Int {
    get async { channel.presenceBook.withLock { $0.count } }
  }
}

extension Channel {
  /// Who is present here. Empty unless a route of this channel says `.presence(…)`.
  public var presence: Presence { Presence(channel: self) }

  /// A connection of a user begins: counted, and told if the user was not there. False when the channel is full.
  package func arrive(_ user: String, limit: Int) -> Bool {
    // Told under the lock, so that events and their counts have one order. The lock of the log comes after it, always.
    presenceBook.withLock { book in
      switch book.arrive(user, limit: limit) {
      case .joined: tell("presence.join", user, book.count)
      case .present: break
      case .full: return false
      }
      return true
    }
  }

  /// A connection of a user ends. Returns whether the caller has to call ``expire(_:now:)`` at `until`.
  ///
  /// - Parameter until: milliseconds of ``MonotonicTime``.
  package func leave(_ user: String, until: UInt64) -> Bool {
    presenceBook.withLock { $0.leave(user, until: until) }
  }

  /// A member's time may be over: removes and tells it, or returns when to ask again.
  package func expire(_ user: String, now: UInt64) -> UInt64? {
    presenceBook.withLock { book in
      switch book.expire(user, now: now) {
      case .gone: tell("presence.leave", user, book.count)
      case .later(let until): return until
      case .stays: break
      }
      return nil
    }
  }

  /// The list as JSON, with the cursor at which it is true.
  package var presenceList: String {
    let (members, cursor) = presenceBook.withLock { ($0.members, log.top) }
    let rows = members.map { #"{"user":\#(Self.quoted($0.user)),"connections":\#($0.connections)}"# }
    return #"{"members":[\#(rows.joined(separator: ","))],"count":\#(members.count),"cursor":"\#(cursor)"}"#
  }

  private func tell(_ event: String, _ user: String, _ members: Int) {
    let json = #"{"user":\#(Self.quoted(user)),"members":\#(members)}"#
    // What the broker refuses is not told again: the list is right all the same.
    publish(admitted: MessageDraft(presence: event, json: Array(json.utf8))) { _ in }
  }

  private static func quoted(_ text: String) -> String { String(decoding: JSONString.encode(text), as: UTF8.self) }
}
