internal import Glibc

/// SIGPIPE, kept from one thread. sendfile(2) and libevent's own writes have no flag against it, the signal of a write
/// goes to the thread that wrote, and what a program does about the signal elsewhere is its own business.
struct PipeSignal {
  private var before = sigset_t()
  private var only = sigset_t()

  /// Blocks the signal on the calling thread.
  init() {
    sigemptyset(&only)
    sigaddset(&only, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &only, &before)
  }

  /// Puts the calling thread back to what it was; what has come meanwhile is dropped.
  func restore() {
    var before = before
    var only = only
    if sigismember(&before, SIGPIPE) == 0 {
      var none = timespec()
      sigtimedwait(&only, nil, &none)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
  }
}
