import Synchronization

@testable import HalleyChannels

/// A small generator whose sequence follows from its seed, so that a failing run can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A clock that stands still until it is told to move.
final class ManualClock: Sendable {
  private let milliseconds = Atomic<UInt64>(1_000_000)
  func advance(_ step: UInt64) { milliseconds.add(step, ordering: .sequentiallyConsistent) }
  var now: UInt64 { milliseconds.load(ordering: .sequentiallyConsistent) }
  var clock: MillisecondClock { { self.now } }
}

/// Counts up, from any thread.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func increment() { count.add(1, ordering: .sequentiallyConsistent) }
  var value: Int { count.load(ordering: .sequentiallyConsistent) }
}

extension Epoch {
  static func named(_ text: String) -> Epoch {
    guard let epoch = Epoch(text) else { fatalError("not an epoch: \(text)") }
    return epoch
  }
}

/// The epoch of the documents' examples.
let exampleEpoch = Epoch.named("kQ3fZx9a")

/// A log with the example epoch.
func makeLog(_ limits: ChannelLimits = ChannelLimits(), clock: ManualClock = ManualClock()) -> ChannelLog {
  ChannelLog(limits: limits, epoch: exampleEpoch, clock: clock.clock)
}

/// A cursor of the example epoch.
func after(_ offset: Int) -> ResumePoint { .after([MessageID(epoch: exampleEpoch, offset: offset)]) }

extension ChannelLog {
  /// Appends texts and returns the last position.
  @discardableResult
  func append(_ texts: String...) throws -> Int {
    for text in texts { _ = append(try MessageDraft(text: text)) }
    return top.offset
  }
}

extension ReadResult {
  var offsets: [Int] { messages.map(\.id.offset) }
}
