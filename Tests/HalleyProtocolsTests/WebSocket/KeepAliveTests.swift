import Testing

@testable import HalleyProtocols

/// RFC 6455 §5.5.2: pings, and what their absence of an answer says.
@Suite("Keep-alive")
final class KeepAliveTests {
  private var keepAlive = WebSocketKeepAlive()

  private func judge(_ now: UInt64, lastInput: UInt64, isPaused: Bool = false) -> WebSocketKeepAlive.Action {
    keepAlive.judge(now: now, lastInput: lastInput, interval: 20_000, pongTimeout: 10_000, isPaused: isPaused)
  }

  @Test("a ping after a silence, and the end when nothing answers it")
  func dead() {
    #expect(judge(1_000, lastInput: 1_000) == .wait(until: 21_000))
    #expect(judge(21_000, lastInput: 1_000) == .ping(next: 31_000))
    #expect(judge(30_999, lastInput: 1_000) == .wait(until: 31_000))
    #expect(judge(31_000, lastInput: 1_000) == .fail)
  }

  @Test("any input counts as a pong, in the same millisecond too", arguments: [21_000, 21_001, 30_999] as [UInt64])
  func answered(at input: UInt64) {
    #expect(judge(21_000, lastInput: 1_000) == .ping(next: 31_000))
    #expect(judge(31_000, lastInput: input) == .wait(until: input + 20_000))
    #expect(judge(input + 20_000, lastInput: input) == .ping(next: input + 30_000))
  }

  @Test("while reading is paused no answer can be seen: another ping later, no end")
  func paused() {
    #expect(judge(21_000, lastInput: 1_000) == .ping(next: 31_000))
    #expect(judge(31_000, lastInput: 1_000, isPaused: true) == .wait(until: 51_000))
    #expect(judge(51_000, lastInput: 1_000, isPaused: true) == .ping(next: 61_000))
  }

  @Test("the low bits of the clock may run over between a ping and its answer")
  func overflow() {
    let now = UInt64(UInt32.max) - 5
    #expect(judge(now, lastInput: now - 20_000) == .ping(next: now + 10_000))
    #expect(judge(now + 9_000, lastInput: now - 20_000) == .wait(until: now + 10_000))
    #expect(judge(now + 10_000, lastInput: now + 8_000) == .wait(until: now + 28_000))
  }
}
