import Glibc
@testable import HalleyEventLoop
import Testing

@Suite struct ListenerTests {
  private func connect(_ host: String, _ port: Int) throws -> Peer {
    let address = try SocketAddress(host: host, port: port)
    let fd = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    var storage = address.storage
    let result = withUnsafePointer(to: &storage) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_storage>.size))
      }
    }
    #expect(result == 0)
    return Peer(fd: fd)
  }

  @Test(arguments: ["127.0.0.1", "::1", "localhost"])
  func acceptsAndReportsThePort(host: String) throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver.echo()
    let listener = try Listener(loop: bench.loop, host: host, port: 0) { fd in
      _ = bench.loop.adopt(fd: fd, driver: driver, received: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(listener.port > 0)
    let peer = try connect(host, listener.port)
    peer.send(pattern(100))
    bench.turn(until: { peer.read() == 100 })
    #expect(peer.received == pattern(100))
    var noDelay: Int32 = 0
    var size = socklen_t(4)
    bench.loop.forEachConnection { getsockopt($0.fd, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, &size) }
    #expect(noDelay != 0)
    bench.finish()
  }

  @Test func disabledListenersLetConnectionsWait() throws {
    let bench = try LoopBench()
    var accepted = 0
    let listener = try Listener(loop: bench.loop, host: "127.0.0.1", port: 0) { fd in
      accepted += 1
      close(fd)
    }
    listener.disable()
    let peer = try connect("127.0.0.1", listener.port)
    bench.settle()
    #expect(accepted == 0)
    listener.enable()
    bench.turn(until: { accepted == 1 })
    withExtendedLifetime(peer) {}
    bench.finish()
  }

  @Test func loopsShareAPort() throws {
    let first = try LoopBench()
    let second = try LoopBench()
    let one = try Listener(loop: first.loop, host: "127.0.0.1", port: 0, reusesPort: true) { close($0) }
    let two = try Listener(loop: second.loop, host: "127.0.0.1", port: one.port, reusesPort: true) { close($0) }
    #expect(one.port == two.port)
    #expect(throws: LoopError.self) {
      try Listener(loop: first.loop, host: "127.0.0.1", port: one.port) { close($0) }
    }
    first.finish()
    second.finish()
  }

  @Test func badAddressesAreReported() throws {
    let bench = try LoopBench()
    #expect(throws: LoopError.badAddress("not an address")) {
      try Listener(loop: bench.loop, host: "not an address", port: 0) { close($0) }
    }
    #expect(throws: LoopError.badAddress("127.0.0.1")) {
      try Listener(loop: bench.loop, host: "127.0.0.1", port: 70_000) { close($0) }
    }
    bench.finish()
  }

  /// What happens when descriptors run out, without running the test process out of them: the failure is reported by hand, and
  /// connections that nobody has accepted wait in the backlog.
  @Test func shortageShedsRestsAndLogsOnce() throws {
    let bench = try LoopBench()
    var accepted = 0
    var lines: [String] = []
    let listener = try Listener(loop: bench.loop, host: "127.0.0.1", port: 0, log: { lines.append($0) }) { fd in
      accepted += 1
      close(fd)
    }
    let waiting = try (0..<3).map { _ in try connect("127.0.0.1", listener.port) }
    listener.acceptFailed(EMFILE)
    for peer in waiting {
      bench.turn(until: {
        peer.read()
        return peer.isAtEnd
      })
    }
    #expect(listener.shortage.spare >= 0)
    let late = try connect("127.0.0.1", listener.port)
    bench.settle()
    #expect(accepted == 0 && lines.count == 1 && lines[0].contains("3 waiting"))
    listener.acceptFailed(EMFILE)
    #expect(lines.count == 1)
    let later = try connect("127.0.0.1", listener.port)
    bench.loop.skip(milliseconds: 200)
    bench.turn(until: { accepted == 1 })
    bench.loop.skip(milliseconds: 1000)
    listener.acceptFailed(ENFILE)
    #expect(lines.count == 2)
    withExtendedLifetime((late, later)) {}
    bench.finish()
  }

  /// A server that takes the accept callback over also brings its own context; errors must still find the listener.
  @Test func errorsAreFoundByThePointer() throws {
    let bench = try LoopBench()
    let listener = try Listener(loop: bench.loop, host: "127.0.0.1", port: 0) { close($0) }
    let other = try Listener(loop: bench.loop, host: "127.0.0.1", port: 0) { close($0) }
    #expect(bench.loop.listeners.first { $0.pointer == listener.pointer } === listener)
    #expect(bench.loop.listeners.first { $0.pointer == other.pointer } === other)
    listener.close()
    #expect(bench.loop.listeners.count == 1)
    bench.finish()
    #expect(bench.loop.listeners.isEmpty)
  }
}
