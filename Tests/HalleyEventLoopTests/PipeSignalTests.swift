import Glibc
import Testing

@testable import HalleyEventLoop

@Suite struct PipeSignalTests {
  @Test func writingToNobodyOnTheLoopDoesNotEndTheProgram() async {
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_DFL)
      var ends: [Int32] = [0, 0]
      precondition(pipe(&ends) == 0)
      close(ends[0])
      let writer = ends[1]
      let loop = try EventLoop()
      loop.submit {
        precondition(write(writer, "x", 1) == -1 && errno == EPIPE)
        loop.stop()
      }
      loop.run()
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      precondition(sigismember(&mask, SIGPIPE) == 0, "the thread is not as it was")
    }
  }

  @Test func aThreadThatBlockedItStillDoes() async {
    await #expect(processExitsWith: .success) {
      var only = sigset_t()
      sigemptyset(&only)
      sigaddset(&only, SIGPIPE)
      pthread_sigmask(SIG_BLOCK, &only, nil)
      let pipe = PipeSignal()
      pipe.restore()
      var mask = sigset_t()
      pthread_sigmask(SIG_BLOCK, nil, &mask)
      precondition(sigismember(&mask, SIGPIPE) == 1)
    }
  }
}
