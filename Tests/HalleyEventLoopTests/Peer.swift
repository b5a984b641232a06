import Glibc
import HalleyEventLoop
import Testing

/// The other end of a socket pair: plain, non-blocking and read only when a test says so.
final class Peer {
  private(set) var fd: Int32
  private(set) var received: [UInt8] = []
  /// The connection has ended, in order or by a reset.
  private(set) var isAtEnd = false
  private(set) var wasReset = false

  init(fd: Int32) {
    self.fd = fd
    _ = fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK)
  }

  deinit { close() }

  func close() {
    if fd >= 0 { Glibc.close(fd) }
    fd = -1
  }

  func shutDownOutput() { shutdown(fd, Int32(SHUT_WR)) }

  /// Sends all of it, or reports a failure.
  func send(_ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation) {
    let sent = Glibc.send(fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    #expect(sent == bytes.count, sourceLocation: location)
  }

  /// Sends what the socket takes.
  func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
    max(0, bytes.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
  }

  /// Reads what is there, at most `limit` bytes.
  @discardableResult func read(limit: Int = .max) -> Int {
    var buffer = [UInt8](repeating: 0, count: min(limit, 65_536))
    var total = 0
    while total < limit {
      let count = recv(fd, &buffer, min(buffer.count, limit - total), 0)
      if count < 0 {
        if errno == ECONNRESET {
          isAtEnd = true
          wasReset = true
        }
        break
      }
      if count == 0 {
        isAtEnd = true
        break
      }
      received += buffer[0..<count]
      total += count
    }
    return total
  }

  func clear() { received = [] }
}

/// A loop that a test turns by hand, and connections to it.
final class LoopBench: @unchecked Sendable {
  // Unchecked: jobs on the loop refer to it; everything but the loop is used by the test's own thread.
  let loop: EventLoop
  /// Peers live as long as the bench, unless a test closes them.
  private var peers: [Peer] = []

  init() throws { loop = try EventLoop() }

  /// A connection over a socket pair whose buffers hold about `bufferBytes` each way.
  func connect(_ driver: ConnectionDriver, bufferBytes: Int32? = nil, received: [UInt8] = []) throws -> (
    Connection, Peer
  ) {
    var pair: [Int32] = [0, 0]
    #expect(makeSocketPair(&pair))
    if var size = bufferBytes {
      for fd in pair { setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, 4) }
    }
    let peer = Peer(fd: pair[1])
    peers.append(peer)
    let connection = try #require(
      received.withUnsafeBytes { loop.adopt(fd: pair[0], driver: driver, received: $0) })
    return (connection, peer)
  }

  /// Turns the loop until the condition holds; reports a failure after too many turns.
  func turn(until condition: () -> Bool, _ location: SourceLocation = #_sourceLocation) {
    for _ in 0..<20_000 {
      if condition() { return }
      loop.turn()
    }
    Issue.record("the condition did not come true", sourceLocation: location)
  }

  /// Turns the loop a few times: for things that must not happen.
  func settle() {
    for _ in 0..<4 { loop.turn() }
  }

  /// Stops the loop and checks that nothing is left.
  func finish(_ location: SourceLocation = #_sourceLocation) {
    loop.stop()
    loop.turn()
    #expect(loop.gauges == LoopGauges(), sourceLocation: location)
  }
}

/// Bytes that tell their place.
func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 31 &+ ($0 >> 8)) }
}

func makeSocketPair(_ pair: inout [Int32]) -> Bool {
  socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0
}

/// Equality that a failure reports without printing both sides.
func isSame(_ a: [UInt8], _ b: [UInt8]) -> Bool { a == b }

func octets(_ bytes: UInt8...) -> [UInt8] { bytes }
