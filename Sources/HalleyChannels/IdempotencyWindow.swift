/// The idempotency keys of one channel that were seen within the last minutes, each with the id it got.
///
/// Bounded twice, by time and by count. A key forgotten because of the count is a new message when it comes again.
struct IdempotencyWindow {
  /// Publisher and key: keys of different publishers never meet.
  private struct Name: Hashable {
    var publisher: String
    var key: String

    init(_ claim: IdempotencyClaim) {
      publisher = claim.publisher
      key = claim.key
    }
  }
  private struct Entry {
    var name: Name
    var seenAt: UInt64
  }

  private var ids: [Name: MessageID] = [:]
  /// Oldest first; entries before `head` are gone.
  private var order: [Entry] = []
  private var head = 0

  /// How many keys are remembered.
  var count: Int { ids.count }

  /// The id that the draft's key got before, or nil.
  @inline(__always) mutating func id(of draft: MessageDraft, limits: ChannelLimits, now: UInt64) -> MessageID? {
    forget(limits, now: now)
    return draft.claim.flatMap { ids[Name($0)] }
  }

  /// Remembers the id of a draft that has a key.
  @inline(__always) mutating func remember(_ id: MessageID, of draft: MessageDraft, limits: ChannelLimits, now: UInt64)
  {
    guard let claim = draft.claim else { return }
    let name = Name(claim)
    // The same key from before the window goes first: later it would take the new id along.
    forget(limits, now: now)
    ids[name] = id
    order.append(Entry(name: name, seenAt: now))
    forget(limits, now: now)
  }

  @inline(__always) private mutating func forget(_ limits: ChannelLimits, now: UInt64) {
    // Most channels never see a key.
    if head != order.count { forgetOldest(limits, now: now) }
  }

  private mutating func forgetOldest(_ limits: ChannelLimits, now: UInt64) {
    let window = UInt64(clamping: limits.idempotency)
    while head < order.count {
      let expired = now > window && order[head].seenAt < now - window
      guard expired || order.count - head > limits.idempotencyKeys else { break }
      ids[order[head].name] = nil
      head += 1
    }
    if head > 64, head >= order.count - head {
      order.removeSubrange(..<head)
      head = 0
    }
  }
}
