/// Who is present in one channel, by the rules alone: no lock, no clock, nothing published.
///
/// A member is present while it has a connection, and after its last one for as long as that connection granted. Several
/// connections of one user are one member.
struct PresenceBook {
  private struct Entry {
    var connections = 0
    /// Present until then without a connection.
    var until: UInt64 = 0
    /// Somebody will ask for it when its time may be over; one timer for a member, however often it comes and goes.
    var isWatched = false
  }

  private var entries: [String: Entry] = [:]

  var count: Int { entries.count }

  /// Members by name; one that is between two polls counts as one connection.
  var members: [Presence.Member] {
    entries.map { Presence.Member(user: $0.key, connections: max(1, $0.value.connections)) }
      .sorted { $0.user < $1.user }
  }

  enum Arrival: Equatable { case joined, present, full }

  /// A connection of a user begins.
  mutating func arrive(_ user: String, limit: Int) -> Arrival {
    if entries[user] != nil {
      entries[user]?.connections += 1
      return .present
    }
    guard entries.count < limit else { return .full }
    entries[user] = Entry(connections: 1)
    return .joined
  }

  /// A connection ends. Returns whether the caller has to ask ``expire(_:now:)`` at `until`.
  mutating func leave(_ user: String, until: UInt64) -> Bool {
    guard var entry = entries[user] else { return false }
    entry.connections = max(0, entry.connections - 1)
    entry.until = max(entry.until, until)
    let mustWatch = entry.connections == 0 && !entry.isWatched
    if mustWatch { entry.isWatched = true }
    entries[user] = entry
    return mustWatch
  }

  enum Expiry: Equatable {
    /// The member has left.
    case gone
    /// It has shown itself since: ask again then.
    case later(UInt64)
    /// It has a connection; whoever ends that watches again.
    case stays
  }

  /// A member's time may be over.
  mutating func expire(_ user: String, now: UInt64) -> Expiry {
    guard var entry = entries[user] else { return .stays }
    if entry.connections == 0, now >= entry.until {
      entries[user] = nil
      return .gone
    }
    entry.isWatched = entry.connections == 0
    entries[user] = entry
    return entry.isWatched ? .later(entry.until) : .stays
  }
}
