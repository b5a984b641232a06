import Foundation
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Carrier: out of descriptors")
struct DescriptorTests {
  /// CPU time of the process so far, in milliseconds.
  private static func processorTime() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
      / 1000
  }

  @Test("Accepting pauses without spinning, says so once a second, and goes on when descriptors are free")
  func exhausted() async {
    await #expect(processExitsWith: .success) {
      var limits = HTTPLimits()
      limits.connections = 0
      limits.acceptRetry = 50
      let server = try CarrierHarness(limits: limits)
      // They wait in the backlog until the limit is raised.
      var clients: [RawClient] = []
      for _ in 0..<80 {
        let client = try server.client()
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        clients.append(client)
      }
      var limit = rlimit(rlim_cur: 256, rlim_max: 0)
      var hard = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &hard)
      limit.rlim_max = hard.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      var fillers: [Int32] = []
      while true {
        let fd = dup(0)
        if fd < 0 { break }
        fillers.append(fd)
      }
      for _ in 0..<5 { close(fillers.removeLast()) }

      let before = Self.processorTime()
      let clock = ContinuousClock()
      let start = clock.now
      server.onLoop { $0.carrier.limits.connections = 1_000 }
      precondition(server.eventually { $0.incidents.withLock { !$0.isEmpty } })
      // Long enough for two lines at once a second, short enough that most clients still wait: 20 are shed a second.
      while clock.now - start < .milliseconds(1_200) { usleep(20_000) }
      let incidents = server.incidents.withLock { $0 }
      precondition(incidents.count <= 2, "\(incidents)")
      precondition(incidents[0] == .noDescriptors(code: EMFILE), "\(incidents)")
      precondition(Self.processorTime() - before < 240, "the loop spins")
      precondition(server.gauges.connections == 5, "\(server.gauges)")

      for fd in fillers { close(fd) }
      precondition(server.eventually { $0.gauges.connections > 30 }, "\(server.gauges)")
      var served = 0
      for client in clients {
        if let response = try? client.response(), response.status == 200 { served += 1 }
        client.close()
      }
      precondition(served > 40, "\(served)")
      server.stop()
    }
  }
}
