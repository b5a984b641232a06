// <sys/socket.h> comes with whichever module includes it first.
internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// The address at the other end of a socket.
enum SocketAddress {
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
}
