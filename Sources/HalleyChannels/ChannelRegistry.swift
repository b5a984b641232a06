import Synchronization

/// The channels of one application by name: those that sites declare, and those that routes compute from a request.
///
/// Clients choose the names of computed channels, so their number is bounded. A computed channel that nobody holds may
/// be forgotten: first those idle for longer than `history.metaAge`, then the least recently used. Whoever comes back
/// to it with a cursor is told by `reset(epoch)`.
package final class ChannelRegistry: Sendable {
  /// Why there is no channel.
  package enum Refusal: Error, Sendable, Hashable {
    /// The name breaks the rule; the text is the end of a sentence.
    case invalidName(String)
    /// The limit is reached and every channel is in use.
    case full
    /// A channel of that name was declared before.
    case declaredTwice
  }

  private struct State {
    var declared: [String: Channel] = [:]
    /// Computed channels; an array, because uniqueness of a reference can be asked only in place.
    var computed: [Channel] = []
    var places: [String: Int] = [:]
    /// When every channel was last found in use, so that a flood of names does not search each time.
    var fullAt: UInt64?
    /// Messages that were appended to channels which are forgotten.
    var appendedToForgotten = 0
    /// Reclaims that go on now; they hold references to every channel, which says nothing of who uses them.
    var reclaims = 0
  }

  private let state = Mutex(State())
  private let limit: Int
  private let budget: HistoryBudget
  private let clock: MillisecondClock
  private let make: @Sendable (String, History) -> Channel

  /// - Parameters:
  ///   - limit: most computed channels at once.
  ///   - history: most bytes that computed channels retain together: payloads, and 256 bytes a message. Above it the
  ///     channels used longest ago lose their oldest messages first, which their subscribers learn as `expired`.
  ///   - clock: the monotonic clock of the channels' logs.
  ///   - make: makes a computed channel; puts broker and limits in place.
  package init(
    limit: Int = 10_000, history: Int = 256 << 20, clock: @escaping MillisecondClock = MonotonicTime.clock,
    make: @escaping @Sendable (String, History) -> Channel = { Channel($0, history: $1) }
  ) {
    self.limit = limit
    self.clock = clock
    self.make = make
    budget = HistoryBudget(limit: history)
    budget.onOverflow { [weak self] in self?.release($0) }
  }

  /// Adds a channel that a site declares. It stays, and computed names that equal its name reach it.
  package func declare(_ channel: Channel) throws(Refusal) {
    if let problem = channel.nameProblem { throw .invalidName(problem) }
    let clash = state.withLock { state in
      if let other = state.declared[channel.name] { return other !== channel }
      if state.places[channel.name] != nil { return true }
      state.declared[channel.name] = channel
      return false
    }
    if clash { throw .declaredTwice }
  }

  /// The channel of that name, made if there is none. Hold the channel itself while you use its log: a channel that
  /// nobody holds may be forgotten.
  package func channel(named name: String, history: History = .default) throws(Refusal) -> Channel {
    if let problem = ChannelName.problem(name) { throw .invalidName(problem) }
    let channel: Channel? = state.withLock { state in
      if let channel = state.declared[name] { return channel }
      if let place = state.places[name] { return state.computed[place] }
      if state.computed.count >= limit, !evict(&state) { return nil }
      let channel = make(name, history)
      channel.log.count(towards: budget)
      state.places[name] = state.computed.count
      state.computed.append(channel)
      return channel
    }
    guard let channel else { throw .full }
    return channel
  }

  /// Most bytes that computed channels retain together; a lower limit takes effect with the next message.
  package var historyLimit: Int {
    get { budget.limit }
    set { budget.limit = newValue }
  }

  /// Bytes that computed channels retain.
  package var historyTotal: Int { budget.total }

  /// Gives bytes back, from the channels used longest ago first.
  private func release(_ bytes: Int) {
    var left = bytes
    let channels = state.withLock { state in
      state.reclaims += 1
      return state.computed
    }
    defer { state.withLock { $0.reclaims -= 1 } }
    for (channel, _) in channels.map({ ($0, $0.log.usedAt) }).sorted(by: { $0.1 < $1.1 }) where left > 0 {
      left -= channel.log.release(left)
    }
  }

  /// How many channels there are, and how many messages have been appended to them and to those that are forgotten by
  /// now. Looks at every channel: not for each message.
  package var totals: (channels: Int, appended: Int) {
    state.withLock { state in
      var appended = state.appendedToForgotten
      for channel in state.declared.values { appended += channel.log.appended }
      for place in state.computed.indices { appended += state.computed[place].log.appended }
      return (state.declared.count + state.computed.count, appended)
    }
  }

  /// How many computed channels there are.
  package var computedCount: Int { state.withLock { $0.computed.count } }

  /// Every channel, declared ones first, for settings that change and for gauges.
  package var channels: [Channel] { state.withLock { Array($0.declared.values) + $0.computed } }

  /// Forgets idle channels, an eighth of the limit at a time, so that the search is paid for by as many new names.
  private func evict(_ state: inout State) -> Bool {
    let now = clock()
    if let fullAt = state.fullAt, now < fullAt + 1000 { return false }
    var idle: [(place: Int, usedAt: UInt64, expired: Bool)] = []
    for place in state.computed.indices {
      // Only the registry holds it, and references are handed out under this lock alone: nobody can be using it.
      guard isKnownUniquelyReferenced(&state.computed[place]) else { continue }
      let log = state.computed[place].log
      guard log.sinkCount == 0 else { continue }
      let usedAt = log.usedAt
      idle.append((place, usedAt, usedAt + UInt64(clamping: log.limits.metaAge) < now))
    }
    idle.sort { $0.usedAt < $1.usedAt }
    let share = max(1, limit / 8)
    let gone = Set(idle.enumerated().filter { $0.offset < share || $0.element.expired }.map(\.element.place))
    guard !gone.isEmpty else {
      if state.reclaims == 0 { state.fullAt = now }
      return false
    }
    state.fullAt = nil
    state.appendedToForgotten += gone.reduce(0) { $0 + state.computed[$1].log.appended }
    state.computed = state.computed.indices.filter { !gone.contains($0) }.map { state.computed[$0] }
    state.places = Dictionary(uniqueKeysWithValues: state.computed.enumerated().map { ($0.element.name, $0.offset) })
    return true
  }
}
