import CLinux
import Glibc

/// An epoll instance whose events carry an index.
final class Poller {
  private let descriptor: Int32
  private var events = [epoll_event](repeating: epoll_event(), count: 1024)

  init() throws {
    descriptor = epoll_create1(O_CLOEXEC)  // The same bit as EPOLL_CLOEXEC, which the importer leaves out.
    if descriptor < 0 { throw LoadError.system("epoll_create1", errno) }
  }

  deinit { close(descriptor) }

  func add(_ fd: Int32, index: UInt32, readable: Bool = true, writable: Bool = false) throws {
    try control(EPOLL_CTL_ADD, fd, index, readable, writable)
  }

  func change(_ fd: Int32, index: UInt32, readable: Bool = true, writable: Bool = false) throws {
    try control(EPOLL_CTL_MOD, fd, index, readable, writable)
  }

  private func control(_ verb: Int32, _ fd: Int32, _ index: UInt32, _ readable: Bool, _ writable: Bool) throws {
    var event = epoll_event()
    event.events = (readable ? EPOLLIN.rawValue : 0) | (writable ? EPOLLOUT.rawValue : 0)
    event.data.u32 = index
    if epoll_ctl(descriptor, verb, fd, &event) != 0 { throw LoadError.system("epoll_ctl", errno) }
  }

  /// Waits and hands out each event: the index it was added with, whether it may be written, and whether there is
  /// something to read (data, end or error).
  func wait(milliseconds: Int32, _ body: (_ index: UInt32, _ readable: Bool, _ writable: Bool) throws -> Void) throws {
    let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
    if count < 0 && errno != EINTR { throw LoadError.system("epoll_wait", errno) }
    for i in 0..<max(0, Int(count)) {
      let what = events[i].events
      let unusual = what & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
      try body(events[i].data.u32, unusual || what & EPOLLIN.rawValue != 0, what & EPOLLOUT.rawValue != 0)
    }
  }
}
