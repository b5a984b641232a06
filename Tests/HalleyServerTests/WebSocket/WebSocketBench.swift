import Glibc
import HalleyEventLoop
import HalleyProtocols
import HalleyServer
import Synchronization
import Testing

/// A loop that a test turns by hand, with WebSocket connections over socket pairs.
struct WebSocketBench {
  let loop: EventLoop

  init() throws { loop = try EventLoop() }

  func connect(
    _ driver: WebSocketDriver, _ session: WebSocketSession = WebSocketSession(), bufferBytes: Int32? = nil,
    received: [UInt8] = []
  ) throws -> (Connection, WebSocketPeer) {
    var pair: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
    if var size = bufferBytes {
      for fd in pair { setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, 4) }
    }
    let peer = WebSocketPeer(fd: pair[1])
    driver.prepare(session)
    let connection = try #require(
      received.withUnsafeBytes { loop.adopt(fd: pair[0], driver: driver, received: $0) })
    return (connection, peer)
  }

  /// Turns the loop until the condition holds; reports a failure after too many turns.
  func turn(
    _ what: String, until condition: () -> Bool, _ location: SourceLocation = #_sourceLocation
  ) {
    for _ in 0..<50_000 {
      if condition() { return }
      loop.turn()
    }
    Issue.record("did not come true: \(what)", sourceLocation: location)
  }

  /// The same where another thread has a part: sleeps in the loop's poll, not beside it.
  func wait(
    _ what: String, until condition: () -> Bool, _ location: SourceLocation = #_sourceLocation
  ) {
    let tick = LoopTimer(loop: loop) {}
    for _ in 0..<3_000 {
      if condition() { return }
      tick.arm(afterMilliseconds: 20)
      loop.turn(waits: true)
    }
    Issue.record("did not come true: \(what)", sourceLocation: location)
  }

  /// Turns the loop a few times: for things that must not happen.
  func settle() {
    for _ in 0..<6 { loop.turn() }
  }

  /// Sends `bytes` as fast as the socket takes them, and collects what comes back, until `count` frames have come.
  func exchange(
    _ peer: WebSocketPeer, _ bytes: [UInt8], frames count: Int, _ location: SourceLocation = #_sourceLocation
  ) {
    var sent = 0
    turn(
      "\(count) frames",
      until: {
        if sent < bytes.count { sent += peer.sendSome(bytes[sent...]) }
        peer.read()
        return peer.frames.count >= count
      }, location)
  }

  /// Stops the loop and checks that nothing is left.
  func finish(_ location: SourceLocation = #_sourceLocation) {
    loop.stop()
    loop.turn()
    #expect(loop.gauges == LoopGauges(), sourceLocation: location)
  }
}

/// The client's end: plain, and read only when a test says so. Reads a server's frames by a parser of its own.
final class WebSocketPeer {
  private let fd: Int32
  private var unread: [UInt8] = []
  private(set) var frames: [Frame] = []
  private(set) var isAtEnd = false

  struct Frame: Equatable {
    var first: UInt8
    var payload: [UInt8]
  }

  init(fd: Int32) {
    self.fd = fd
    _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
  }

  deinit { Glibc.close(fd) }

  func shutDown() { shutdown(fd, Int32(SHUT_RDWR)) }

  func send(_ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation) {
    #expect(sendSome(bytes[...]) == bytes.count, sourceLocation: location)
  }

  func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
    max(0, bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
  }

  func clear() { frames = [] }

  func read() {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = recv(fd, &buffer, buffer.count, 0)
      if count < 0 {
        if errno == ECONNRESET { isAtEnd = true }
        break
      }
      if count == 0 {
        isAtEnd = true
        break
      }
      unread += buffer[0..<count]
    }
    parse()
  }

  private func parse() {
    var at = 0
    while unread.count - at >= 2 {
      var length = Int(unread[at + 1]), head = 2
      #expect(length < 128, "a server does not mask")
      if length >= 126 {
        let extra = length == 126 ? 2 : 8
        guard unread.count - at >= 2 + extra else { break }
        length = unread[(at + 2)..<(at + 2 + extra)].reduce(0) { $0 << 8 | Int($1) }
        head += extra
      }
      guard unread.count - at >= head + length else { break }
      frames.append(Frame(first: unread[at], payload: Array(unread[(at + head)..<(at + head + length)])))
      at += head + length
    }
    unread.removeFirst(at)
  }
}

/// A client's frame.
func clientFrame(_ first: UInt8, _ payload: some Collection<UInt8>) -> [UInt8] {
  WebSocketFrameEncoder.encode(first, payload, key: [0x37, 0xFA, 0x21, 0x3D])
}

/// Settings with a few changes.
func settings(_ change: (inout Settings) -> Void = { _ in }) -> SettingsSource {
  var settings = Settings()
  change(&settings)
  return SettingsSource(settings)
}

/// A close frame's payload.
func closePayload(_ code: UInt16) -> [UInt8] { [UInt8(code >> 8), UInt8(code & 255)] }

/// Runs `body` on a thread of its own.
nonisolated(nonsending) func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
  let thread = Mutex<WorkerThread?>(nil)
  defer { thread.withLock { $0 }?.join() }
  try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
    do {
      let worker = try WorkerThread { done.resume(with: Result { try body() }) }
      thread.withLock { $0 = worker }
    } catch { done.resume(throwing: error) }
  }
}
