import HalleyProtocols
import Testing

@testable import HalleyServer

@Suite("Who sees the operations pages")
struct OperationsAccessTests {
  private func permits(
    _ peer: String, from listed: [String] = [], proxies: [String] = [], fields: String = ""
  ) throws -> Bool {
    let head = try HTTPHeadParser.parse(
      Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8), limits: HTTPHeadLimits())
    let access = OperationsAccess(
      listed: try listed.map { try #require(AddressNetwork($0)) },
      proxies: try proxies.map { try #require(AddressNetwork($0)) })
    return access.permits(peer: peer, isLoopback: peer.hasPrefix("127.") || peer == "::1", head: head)
  }

  @Test("This machine, and nobody else unless listed")
  func peers() throws {
    #expect(try permits("127.0.0.1") && permits("127.9.9.9") && permits("::1"))
    #expect(try !permits("192.0.2.7") && !permits("2001:db8::1") && !permits(""))
    #expect(try permits("192.0.2.7", from: ["192.0.2.0/24"]) && permits("127.0.0.1", from: ["192.0.2.0/24"]))
    #expect(try !permits("192.0.3.7", from: ["192.0.2.0/24", "2001:db8::/32"]))
  }

  @Test("A proxy on this machine is not this machine; its own checks may be listed")
  func proxies() throws {
    #expect(try !permits("127.0.0.1", proxies: ["127.0.0.1"]) && permits("::1", proxies: ["127.0.0.1"]))
    #expect(try permits("127.0.0.1", from: ["127.0.0.1"], proxies: ["127.0.0.1"]))
  }

  @Test(
    "What was forwarded is for nobody, whoever forwards it",
    arguments: ["Forwarded: for=127.0.0.1", "X-Forwarded-For: 127.0.0.1", "x-real-ip: ::1", "Via: 1.1 a", "Via:"])
  func forwarded(field: String) throws {
    #expect(try !permits("127.0.0.1", fields: "\(field)\r\n"))
    #expect(try !permits("192.0.2.7", from: ["192.0.2.7"], fields: "\(field)\r\n"))
  }
}
