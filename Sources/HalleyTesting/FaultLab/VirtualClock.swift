internal import Synchronization

/// Milliseconds that pass only when the lab says so.
final class VirtualClock: Sendable {
  /// Not zero, so that ages near the start of a run are no special case.
  static let origin: UInt64 = 1_000_000

  private let milliseconds = Atomic<UInt64>(origin)

  var now: UInt64 { milliseconds.load(ordering: .relaxed) }

  func advance(to time: UInt64) { milliseconds.store(max(now, time), ordering: .relaxed) }
}

/// Events in the order of their times; those of one time in the order in which they were put in.
struct EventQueue<Event> {
  private struct Entry {
    var time: UInt64
    var order: UInt64
    var event: Event

    func isBefore(_ other: Entry) -> Bool { time != other.time ? time < other.time : order < other.order }
  }

  private var heap: [Entry] = []
  private var order: UInt64 = 0

  mutating func push(_ event: Event, at time: UInt64) {
    order += 1
    heap.append(Entry(time: time, order: order, event: event))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].isBefore(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func pop() -> (time: UInt64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.time, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      let left = 2 * parent + 1
      guard left < heap.count else { return }
      let right = left + 1
      let child = right < heap.count && heap[right].isBefore(heap[left]) ? right : left
      guard heap[child].isBefore(heap[parent]) else { return }
      heap.swapAt(parent, child)
      parent = child
    }
  }
}
