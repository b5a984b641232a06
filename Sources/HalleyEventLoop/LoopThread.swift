internal import Glibc

/// Which loop runs on the calling thread: for C callbacks whose context belongs to somebody else.
enum LoopThread {
  /// A key of thread-specific storage; made once, never changed.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    precondition(pthread_key_create(&key, nil) == 0, "no thread-specific storage left")
    return key
  }()

  /// The thread does not hold the loop; whoever runs it does.
  static func enter(_ loop: EventLoop) { pthread_setspecific(key, Unmanaged.passUnretained(loop).toOpaque()) }

  static func leave() { pthread_setspecific(key, nil) }

  static var loop: EventLoop? {
    pthread_getspecific(key).map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
  }
}
