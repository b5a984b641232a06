import HalleyEventLoop
import Testing

@testable import HalleyServer

@Suite("Waiting for a job on a loop")
struct AnsweringTests {
  private func ask(_ loop: EventLoop) async throws -> Int {
    try await withCheckedThrowingContinuation { (next: CheckedContinuation<Int, any Error>) in
      let answering = Answering(next)
      loop.submit { answering.answer(.success(7)) }
    }
  }

  @Test("A loop that has ended lets nobody wait for ever")
  func late() async throws {
    let loop = try EventLoop()
    loop.stop()
    loop.turn()
    await #expect(throws: CancellationError.self) { try await ask(loop) }
  }

  @Test("The first answer counts, and there is only one")
  func once() async throws {
    let value = try await withCheckedThrowingContinuation { (next: CheckedContinuation<Int, any Error>) in
      let answering = Answering(next)
      answering.answer(.success(1))
      answering.answer(.success(2))
    }
    #expect(value == 1)
  }
}
