internal import Glibc

/// A blocking TCP client that sends exactly the bytes it is told to, for tests of what a server makes of them.
///
/// Every call ends within ten seconds. Not to be shared between threads.
public final class RawClient {
  /// Why a call ended without a result.
  public enum Failure: Error, Equatable {
    /// `connect` failed with this errno value.
    case notConnected(code: Int32)
    /// Nothing came in time.
    case timeout
    /// The peer reset the connection, or it failed otherwise, with this errno value.
    case broken(code: Int32)
  }

  /// The socket, or -1 when closed.
  public private(set) var fd: Int32

  /// Connects to 127.0.0.1, or to `::1`.
  public init(port: Int, ipv6: Bool = false) throws(Failure) {
    fd = socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { throw .notConnected(code: errno) }
    var on: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    setTimeout(milliseconds: 10_000)
    let result: Int32
    if ipv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = UInt16(truncatingIfNeeded: port).bigEndian
      address.sin6_addr = in6addr_loopback
      result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(fd, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    guard result == 0 else {
      let code = errno
      Glibc.close(fd)
      fd = -1
      throw .notConnected(code: code)
    }
  }

  deinit { close() }

  /// How long `receive` waits.
  public func setTimeout(milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: (milliseconds % 1000) * 1000)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Makes the kernel's receive buffer small, so that a server's output queues up soon.
  public func shrinkReceiveBuffer() {
    var size: Int32 = 4096
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends all bytes; returns false if the peer would not take them.
  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(fd, $0.baseAddress.unsafelyUnwrapped + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Sends text as it stands.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  /// Sends the bytes in the pieces that `cuts` makes of them.
  public func send(_ bytes: [UInt8], _ cuts: Cuts) {
    for piece in cuts.pieces(of: bytes) where !send(Array(piece)) { return }
  }

  /// The next bytes; empty at the peer's end of output.
  public func receive(upTo limit: Int = 65_536) throws(Failure) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    while true {
      let count = recv(fd, &buffer, limit, 0)
      if count >= 0 { return Array(buffer.prefix(count)) }
      switch errno {
      case EINTR: continue
      case EAGAIN: throw .timeout
      default: throw .broken(code: errno)
      }
    }
  }

  /// Everything up to the peer's end of output.
  public func receiveAll() throws(Failure) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try receive()
      if bytes.isEmpty { return all }
      all += bytes
    }
  }

  /// Bytes until `end` has come, or the peer's end of output.
  public func receive(until end: String) throws(Failure) -> [UInt8] {
    var all: [UInt8] = []
    let wanted = Array(end.utf8)
    while !all.ends(with: wanted) {
      let bytes = try receive(upTo: 1)
      if bytes.isEmpty { return all }
      all += bytes
    }
    return all
  }

  /// One response: head, and a body by `Content-Length`. nil at the peer's end of output.
  public func response(toHead: Bool = false) throws(Failure) -> RawResponse? {
    let head = try receive(until: "\r\n\r\n")
    guard !head.isEmpty else { return nil }
    var response = RawResponse(head: head)
    var left = toHead ? 0 : Int(response["content-length"] ?? "0") ?? 0
    while left > 0 {
      let bytes = try receive(upTo: min(left, 65_536))
      if bytes.isEmpty { break }
      response.body += bytes
      left -= bytes.count
    }
    return response
  }

  /// Ends our output; input still comes.
  public func finishSending() { _ = shutdown(fd, Int32(SHUT_WR)) }

  /// Closes in order.
  public func close() {
    if fd >= 0 { Glibc.close(fd) }
    fd = -1
  }

  /// Closes with a reset.
  public func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
    close()
  }
}

@available(*, unavailable)
extension RawClient: Sendable {}

extension Array where Element == UInt8 {
  fileprivate func ends(with end: [UInt8]) -> Bool { count >= end.count && suffix(end.count).elementsEqual(end) }
}
