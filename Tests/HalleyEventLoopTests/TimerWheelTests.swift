@testable import HalleyEventLoop
import Testing

/// The wheel's nodes, owned by a test.
private final class Nodes {
  let first: UnsafeMutablePointer<TimerNode>
  let count: Int

  init(_ count: Int) {
    self.count = count
    first = .allocate(capacity: count)
    for index in 0..<count { (first + index).initialize(to: TimerNode(owner: .timer)) }
  }
  deinit { first.deallocate() }

  subscript(index: Int) -> UnsafeMutablePointer<TimerNode> { first + index }
  func index(of node: UnsafeMutablePointer<TimerNode>) -> Int { node - first }
}

@Suite struct TimerWheelTests {
  @Test(arguments: [
    1, 2, 63, 64, 65, 127, 4095, 4096, 4097, 262_143, 262_144, 262_145, 16_777_215, 16_777_216, 40_000_000,
  ])
  func firesExactlyAtItsTick(distance: UInt32) {
    for start: UInt32 in [0, 1, 63, 64, 4095, 4_000_000_000, .max - 10] {
      let nodes = Nodes(1)
      var wheel = TimerWheel(tick: start)
      let due = start &+ distance
      wheel.arm(nodes[0], at: due)
      #expect(wheel.count == 1)
      #expect(wheel.pop(through: due &- 1) == nil, "\(distance) after \(start)")
      #expect(wheel.pop(through: due) == nodes[0], "\(distance) after \(start)")
      #expect(wheel.count == 0 && wheel.nextTick == nil && !nodes[0].pointee.isLinked)
    }
  }

  @Test func dueOrPastComesWithTheNextTick() {
    let nodes = Nodes(2)
    var wheel = TimerWheel(tick: 100)
    wheel.arm(nodes[0], at: 100)
    wheel.arm(nodes[1], at: 3)
    #expect(wheel.nextTick == 101)
    #expect(wheel.pop(through: 100) == nil)
    #expect(wheel.pop(through: 101) != nil)
    #expect(wheel.pop(through: 101) != nil)
    #expect(wheel.pop(through: 101) == nil)
  }

  @Test func cancelledBetweenTwoPopsDoesNotCome() {
    let nodes = Nodes(3)
    var wheel = TimerWheel()
    for index in 0..<3 { wheel.arm(nodes[index], at: 7) }
    let first = wheel.pop(through: 7)
    for index in 0..<3 where nodes[index] != first {
      wheel.cancel(nodes[index])
      break
    }
    #expect(wheel.pop(through: 7) != nil)
    #expect(wheel.pop(through: 7) == nil)
    #expect(wheel.count == 0)
  }

  @Test func removeAllLeavesNothingLinked() {
    let nodes = Nodes(300)
    var wheel = TimerWheel()
    for index in 0..<300 { wheel.arm(nodes[index], at: UInt32(index * index * 50 + 1)) }
    _ = wheel.pop(through: 5000)
    wheel.removeAll()
    #expect(wheel.count == 0 && wheel.nextTick == nil)
    #expect((0..<300).allSatisfy { !nodes[$0].pointee.isLinked })
  }

  /// Random arms, moves, cancels and jumps of time against a plain list of due ticks.
  @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
  func agreesWithAList(seed: UInt64) {
    var random = SplitMix(state: seed)
    let nodes = Nodes(64)
    let start = seed.isMultiple(of: 2) ? UInt32.max - 5000 : 0
    var wheel = TimerWheel(tick: start)
    // 64-bit ticks in the model, so that it does not wrap.
    var now: UInt64 = 0
    var due: [Int: UInt64] = [:]
    for _ in 0..<20_000 {
      let index = Int(random.next() % 64)
      switch random.next() % 8 {
      case 0..<4:
        let far = random.next() % 5
        let distance = random.next() % [3, 70, 5000, 300_000, 20_000_000][Int(far)]
        due[index] = now + max(1, distance)
        wheel.arm(nodes[index], at: start &+ UInt32(truncatingIfNeeded: now + distance))
      case 4:
        due[index] = nil
        wheel.cancel(nodes[index])
      default:
        now += random.next() % [2, 100, 5000, 300_000][Int(random.next() % 4)]
        var came: [Int] = []
        var last: UInt64 = 0
        while let node = wheel.pop(through: start &+ UInt32(truncatingIfNeeded: now)) {
          let index = nodes.index(of: node)
          came.append(index)
          #expect(due[index] ?? 0 >= last, "not in order, seed \(seed)")
          last = due[index] ?? 0
        }
        let expected = due.filter { $0.value <= now }.map(\.key)
        #expect(came.sorted() == expected.sorted(), "seed \(seed)")
        for index in came { due[index] = nil }
      }
      #expect(wheel.count == due.count, "seed \(seed)")
      if let next = wheel.nextTick, let first = due.values.min() {
        #expect(
          UInt64(next &- start &- UInt32(truncatingIfNeeded: now)) <= first - now, "sleeps too long, seed \(seed)")
      }
    }
  }
}

/// A small generator whose seed a failure prints.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
