import Foundation
import HTTPTypes
import HalleyEventLoop
import HalleyTesting
import Synchronization
import Testing

@testable import HalleyServer

/// A carrier on a thread of its own, with a small handler, for tests over real sockets.
final class CarrierHarness: @unchecked Sendable {
  // Sendable: `loop` takes jobs from any thread, the rest is set before the thread starts or used on it only.
  let loop: EventLoop
  private(set) var port = 0
  private(set) var carrier: HTTPCarrier
  /// Paths that reached the handler, in order.
  private let handled = Mutex<[String]>([])
  /// Exchanges that `/hold` keeps. On the loop only.
  var held: [HTTPExchange] = []
  /// Held exchanges whose connection went.
  let gone = Atomic<Int>(0)
  let incidents = Mutex<[HTTPCarrier.Incident]>([])
  private let ended = DispatchSemaphore(value: 0)

  init(
    limits: HTTPLimits = HTTPLimits(), host: String = "127.0.0.1",
    _ handler: ((CarrierHarness, HTTPExchange) -> Void)? = nil
  ) throws {
    // libevent writes without MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    let box = Box()
    loop = try EventLoop()
    carrier = try HTTPCarrier(loop: loop, limits: limits) { exchange in
      guard let harness = box.harness else { return }
      harness.handled.withLock { $0.append(String(decoding: exchange.head.path, as: UTF8.self)) }
      if let handler { handler(harness, exchange) } else { harness.handle(exchange) }
    }
    box.harness = self
    carrier.onIncident = { incident in box.harness?.incidents.withLock { $0.append(incident) } }
    port = try carrier.listen(host: host, port: 0)
    loop.handOver()
    // The thread keeps the harness: a test that throws must not free the carrier under a running loop.
    Thread.detachNewThread { [self] in
      loop.run()
      ended.signal()
    }
  }

  private final class Box { weak var harness: CarrierHarness? }

  /// What the handler saw of that path.
  func count(of path: String) -> Int { handled.withLock { $0.filter { $0 == path }.count } }
  var paths: [String] { handled.withLock { $0 } }

  /// `TCP_USER_TIMEOUT` of each connection, milliseconds. The server's ends are in this process too: the sockets with
  /// the server's port and a peer.
  var patience: [Int32] {
    (Int32(3)..<1_024).compactMap { fd -> Int32? in
      var peer = sockaddr_storage()
      var own = sockaddr_in()
      var (peerSize, ownSize) = (
        socklen_t(MemoryLayout<sockaddr_storage>.size), socklen_t(MemoryLayout<sockaddr_in>.size)
      )
      let isConnected = withUnsafeMutableBytes(of: &peer) {
        getpeername(fd, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &peerSize) == 0
      }
      let isKnown = withUnsafeMutableBytes(of: &own) {
        getsockname(fd, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &ownSize) == 0
      }
      guard isConnected, isKnown, UInt16(bigEndian: own.sin_port) == port else { return nil }
      var timeout: Int32 = -1
      var size = socklen_t(MemoryLayout<Int32>.size)
      _ = getsockopt(fd, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeout, &size)
      return timeout
    }
  }

  /// The default handler.
  private func handle(_ exchange: HTTPExchange) {
    switch String(decoding: exchange.head.path, as: UTF8.self) {
    case "/hold":
      held.append(exchange)
      exchange.hold { [weak self] in self?.gone.add(1, ordering: .sequentiallyConsistent) }
    case "/echo":
      exchange.reply(status: 200, body: exchange.body)
    case "/none":
      exchange.reply(status: 204)
    default:
      exchange.reply(status: 200, fields: [.contentType: "text/plain"], body: Array("hello".utf8))
    }
  }

  /// Runs `body` on the loop and waits for it. Not after `stop` or `kill`.
  @discardableResult
  func onLoop<T: Sendable>(_ body: @escaping @Sendable (CarrierHarness) -> T) -> T {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<T?>(nil)
    loop.submit {
      let value = body(self)
      result.withLock { $0 = value }
      done.signal()
    }
    done.wait()
    return result.withLock { $0.unsafelyUnwrapped }
  }

  var gauges: HTTPGauges { onLoop { $0.carrier.gauges } }

  /// Polls until the condition holds; false after ten seconds.
  func eventually(_ condition: (CarrierHarness) -> Bool) -> Bool {
    for _ in 0..<5_000 {
      if condition(self) { return true }
      usleep(2_000)
    }
    return condition(self)
  }

  func client() throws -> RawClient { try RawClient(port: port) }

  /// Ends everything and checks that nothing is left.
  func stop() {
    #expect(eventually { $0.gauges.connections == 0 }, "connections left: \(gauges)")
    #expect(gauges.exchanges == 0)
    kill()
  }

  /// Ends everything with whatever is still open.
  func kill() {
    onLoop {
      $0.carrier.shutdown()
      $0.held = []
    }
    loop.stop()
    ended.wait()
  }
}
