// <sys/socket.h> comes with whichever module includes it first.
internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// An address to listen on, as the kernel wants it.
struct SocketAddress {
  var storage = sockaddr_storage()
  var length: socklen_t = 0
  /// An IPv6 address.
  var isIPv6: Bool { storage.ss_family == sa_family_t(AF_INET6) }
  /// The unspecified IPv6 address `::`.
  let isAnyIPv6: Bool

  /// Resolves a numeric address or a name; the first answer counts.
  init(host: String, port: Int) throws(LoopError) {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    guard port >= 0, port <= 65_535, getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else {
      throw .badAddress(host)
    }
    defer { freeaddrinfo(found) }
    memcpy(&storage, first.pointee.ai_addr, Int(first.pointee.ai_addrlen))
    length = first.pointee.ai_addrlen
    isAnyIPv6 = host == "::"
  }

  var family: Int32 { Int32(storage.ss_family) }

  func bind(_ fd: Int32) -> Bool {
    var storage = storage
    return withUnsafePointer(to: &storage) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(fd, $0, length) == 0 }
    }
  }

  /// The numeric address of a socket's peer, without the port; empty when there is none.
  static func peer(of fd: Int32) -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var name = InlineArray<64, CChar>(repeating: 0)
    return withUnsafeMutablePointer(to: &storage) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getpeername(fd, address, &length) == 0 else { return "" }
        return withUnsafeMutablePointer(to: &name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 64) { name in
            getnameinfo(address, length, name, 64, nil, 0, NI_NUMERICHOST) == 0 ? String(cString: name) : ""
          }
        }
      }
    }
  }

  /// The port that a bound socket has got.
  static func port(of fd: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { address in
      let found = address.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(fd, $0, &length) == 0 }
      // The port is at the same place in both families.
      return found
        ? address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
        : 0
    }
  }
}
