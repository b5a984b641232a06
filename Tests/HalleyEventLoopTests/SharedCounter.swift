import Synchronization

/// A number that tasks and threads share.
final class SharedCounter: Sendable {
  private let number: Atomic<Int>

  init(_ start: Int = 0) { number = Atomic(start) }

  var value: Int { number.load(ordering: .relaxed) }

  /// Adds to the number and returns the sum.
  @discardableResult func add(_ amount: Int) -> Int { number.add(amount, ordering: .relaxed).newValue }
}
