import FoundationEssentials
import Glibc
import HalleyTesting

/// What a server says of itself, the sum over its loops.
struct Health: Decodable {
  var webSockets: Int
  var waiters: Int
  var feeds: Int
  var queuedBytes: Int
}

/// Asks again and again until something holds, for at most ten seconds.
func until(_ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(10)
  while try !condition() { if ContinuousClock.now > end { throw RawClient.Failure.timeout } }
}

/// Asks a server for its health.
func health(_ port: Int) throws -> Health {
  let answer = fetch("/_halley/health", port: port) ?? ""
  let body = answer[(answer.firstIndex(of: "{") ?? answer.endIndex)...]
  return try JSONDecoder().decode(Health.self, from: Data(body.utf8))
}

/// Asks a server on loopback for one answer, headers and all; nil when there is none within thirty seconds.
func fetch(_ path: String, port: Int, method: String = "GET", body: String = "") -> String? {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var patience = timeval(tv_sec: 30, tv_usec: 0)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(UInt16(port).bigEndian)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  let connected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard connected == 0 else { return nil }
  let head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
  let request = head + (body.isEmpty ? "\r\n" : "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  guard
    Array(request.utf8).withUnsafeBytes({ send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) })
      > 0
  else { return nil }
  var answer: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = recv(descriptor, &piece, piece.count, 0)
    guard count > 0 else { break }
    answer += piece[..<count]
  }
  return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
}
