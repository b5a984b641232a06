/// One direction of a connection: what the sender has queued, what is on its way, and what the reader has taken.
struct LabPipe {
  /// From `taken` on.
  private var bytes: [UInt8] = []
  private var head = 0
  /// Bytes since the connection began.
  private(set) var written = 0
  private(set) var sent = 0
  private(set) var taken = 0
  /// Where the writes end that wait at the sender; the first one may have begun to leave.
  private var ends: [Int] = []
  /// When the last segment arrives; segments do not overtake each other.
  private var lastArrival: UInt64 = 0

  /// Waits at the sender.
  var queued: Int { written - sent }

  mutating func write(_ more: [UInt8]) {
    bytes += more
    written += more.count
    ends.append(written)
  }

  /// Drops what waits at the sender, but the rest of a write that has begun to leave.
  mutating func discardQueued() {
    let kept = ends.first { $0 >= sent } ?? sent
    bytes.removeLast(written - kept)
    written = kept
    ends = kept > sent ? [kept] : []
  }

  /// Puts the next segment on its way.
  ///
  /// - Parameters:
  ///   - window: most that may be on its way.
  ///   - piece: longest segment, 0 for any.
  /// - Returns: when it arrives, and up to which byte it goes; nil when there is nothing to send or no room.
  mutating func send(window: Int, piece: Int, now: UInt64, delay: UInt64) -> (arrival: UInt64, upTo: Int)? {
    var count = min(queued, window - (sent - taken))
    guard count > 0 else { return nil }
    if piece > 0 { count = min(count, piece) }
    sent += count
    if sent == written { ends.removeAll(keepingCapacity: true) }
    lastArrival = max(lastArrival, now + delay)
    return (lastArrival, sent)
  }

  /// The bytes up to a place, which the reader takes now.
  mutating func take(upTo end: Int) -> ArraySlice<UInt8> {
    guard end > taken else { return [] }
    let count = end - taken
    let slice = bytes[head..<head + count]
    head += count
    taken = end
    if head == bytes.count {
      bytes = []
      head = 0
    } else if head > 64 << 10 {
      bytes.removeSubrange(..<head)
      head = 0
    }
    return slice
  }

  /// When everything sent so far has arrived.
  func quiet(after now: UInt64) -> UInt64 { max(lastArrival, now) }
}
