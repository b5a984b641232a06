import CLinux
import Glibc

/// One connection of the generator. Subclasses say what to send and how to read.
class Link {
  unowned let generator: Generator
  var index: UInt32 = 0
  private(set) var fd: Int32 = -1
  private var connected = false
  private var carry: [UInt8] = []
  private var unsent: [UInt8] = []
  private var ready = false

  init(_ generator: Generator) { self.generator = generator }

  deinit { if fd >= 0 { close(fd) } }

  // MARK: What a subclass decides

  /// The connection stands: send the first bytes.
  func opened() throws {}
  /// Bytes have come, beginning with what the last call left; returns how many were used.
  func received(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> Int { count }
  /// The server has ended the connection.
  func ended() throws { throw LoadError.closedByServer("unexpectedly") }

  // MARK: For subclasses

  final func markReady() {
    if !ready {
      ready = true
      generator.countReady()
    }
  }

  final func send(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBufferPointer { if let start = $0.baseAddress { try send(start, $0.count) } }
  }

  final func send(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws {
    if !unsent.isEmpty {
      unsent.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
      return
    }
    var sent = Glibc.send(fd, bytes, count, Int32(MSG_NOSIGNAL))
    if sent < 0 {
      if errno != EAGAIN { return }  // The read side reports the end.
      sent = 0
    }
    if sent < count {
      unsent.append(contentsOf: UnsafeBufferPointer(start: bytes + sent, count: count - sent))
      try generator.poller.change(fd, index: index, writable: true)
    }
  }

  final func disconnect() {
    if fd >= 0 { close(fd) }
    fd = -1
    connected = false
    carry.removeAll()
    unsent.removeAll()
  }

  // MARK: Driven by the generator

  final func connect() throws {
    fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    if fd < 0 { throw LoadError.system("socket", errno) }
    var on: Int32 = 1
    setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    if generator.target.sources > 1 {
      _ = bench_bind_without_port(fd)
      let source = 1 + Int(index) % generator.target.sources
      try withAddress("127.0.0.\(source)", 0) {
        if bind(fd, $0, $1) != 0 { throw LoadError.system("bind to 127.0.0.\(source)", errno) }
      }
    }
    try withAddress(generator.target.address, generator.target.port) {
      if Glibc.connect(fd, $0, $1) != 0, errno != EINPROGRESS { throw LoadError.system("connect", errno) }
    }
    try generator.poller.add(fd, index: index, readable: true, writable: true)
  }

  final func event(readable: Bool, writable: Bool) throws {
    if fd < 0 { return }
    if writable { try writableEvent() }
    if readable, fd >= 0 { try readableEvent() }
  }

  private func writableEvent() throws {
    if !connected {
      var code: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size)
      if code != 0 { throw LoadError.system("connect", code) }
      connected = true
      try generator.poller.change(fd, index: index)
      try opened()
      return
    }
    let waiting = unsent
    unsent = []
    try generator.poller.change(fd, index: index)
    try send(waiting)
  }

  private func readableEvent() throws {
    let kept = carry.count
    let buffer = generator.buffer
    if kept > 0 {
      carry.withUnsafeBufferPointer { buffer.update(from: $0.baseAddress ?? UnsafePointer(buffer), count: kept) }
    }
    let count = recv(fd, buffer + kept, Generator.bufferSize - kept, 0)
    if count < 0 {
      if errno == EAGAIN { return }
      disconnect()
      return try ended()
    }
    if count == 0 {
      disconnect()
      return try ended()
    }
    let have = kept + count
    let used = try received(buffer, have)
    if fd < 0 { return }
    if used == have {
      if kept > 0 { carry.removeAll(keepingCapacity: true) }
    } else {
      carry = Array(UnsafeBufferPointer(start: buffer + used, count: have - used))
    }
  }
}

private func withAddress(_ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void)
  throws
{
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  if inet_pton(AF_INET, text, &address.sin_addr) != 1 { throw LoadError.system("address \(text)", EINVAL) }
  try withUnsafePointer(to: &address) { pointer in
    try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
