internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// A listening socket on a loop. Accepts with a backlog of 4096; accepted sockets are non-blocking and close-on-exec, and
/// inherit `TCP_NODELAY` and a `TCP_USER_TIMEOUT` of 30 s. Loop-confined.
///
/// Running out of descriptors costs connections, not the process: see `Listener+Shortage`.
public final class Listener {
  /// The underlying `evconnlistener`, for a server that takes the accept callback over (`evhttp_bind_listener`). The handling
  /// of accept errors stays here. Freed by `close()`, unless `handOver()` was called.
  public let pointer: OpaquePointer
  /// The port, also when it was chosen by the system.
  public let port: Int

  let loop: EventLoop
  let log: (String) -> Void
  private let accepted: (Int32) -> Void
  private var ownsPointer = true
  private var isClosed = false
  private var isWanted = true
  var shortage = DescriptorShortage()

  /// Binds and listens; connections are accepted as soon as the loop runs.
  /// - Parameters:
  ///   - loop: where to accept; it keeps the listener until `close()`.
  ///   - host: an address or a name. `::` takes IPv4 connections too; any other IPv6 address only its own.
  ///   - port: 0 lets the system choose.
  ///   - reusesPort: several loops may listen on the same port; the kernel spreads connections over them.
  ///   - log: gets at most one line per second about failures to accept.
  ///   - accepted: owns the descriptor it gets.
  /// - Throws: `LoopError.badAddress`, `cannotBind`, `cannotListen`.
  public init(
    loop: EventLoop, host: String, port: Int, reusesPort: Bool = false, log: @escaping (String) -> Void = { _ in },
    accepted: @escaping (Int32) -> Void
  ) throws(LoopError) {
    loop.preconditionOnLoop()
    let fd = try Self.boundSocket(host, port, reusesPort)
    let flags = UInt32(LEV_OPT_CLOSE_ON_FREE) | UInt32(LEV_OPT_CLOSE_ON_EXEC)
    guard let pointer = evconnlistener_new(loop.base, acceptEvent, nil, flags, 4096, fd) else {
      let code = errno
      Glibc.close(fd)
      throw .cannotListen(code: code)
    }
    self.pointer = pointer
    self.port = SocketAddress.port(of: fd)
    self.loop = loop
    self.log = log
    self.accepted = accepted
    evconnlistener_set_cb(pointer, acceptEvent, Unmanaged.passUnretained(self).toOpaque())
    evconnlistener_set_error_cb(pointer, acceptErrorEvent)
    loop.listeners.append(self)
  }

  /// Stops accepting; new connections wait in the backlog.
  public func disable() {
    isWanted = false
    apply()
  }

  /// Accepts again.
  public func enable() {
    isWanted = true
    apply()
  }

  /// Whoever asks frees the `evconnlistener` from now on, as `evhttp_free` does; `close()` it here before that happens.
  public func handOver() -> OpaquePointer {
    ownsPointer = false
    return pointer
  }

  /// Stops listening for good; done by the loop when it ends.
  public func close() {
    if isClosed { return }
    isClosed = true
    shortage.end()
    loop.listeners.removeAll { $0 === self }
    if ownsPointer { evconnlistener_free(pointer) } else { evconnlistener_disable(pointer) }
  }

  var listeningDescriptor: Int32 { evconnlistener_get_fd(pointer) }

  /// Tells libevent whether to accept.
  func apply() {
    if isClosed { return }
    if isWanted && !shortage.isResting { evconnlistener_enable(pointer) } else { evconnlistener_disable(pointer) }
  }

  fileprivate func accept(_ fd: Int32) {
    let outer = halley_pulse_enter(loop.pulse.state)
    accepted(fd)
    halley_pulse_leave(loop.pulse.state, outer)
  }

  private static func boundSocket(_ host: String, _ port: Int, _ reusesPort: Bool) throws(LoopError) -> Int32 {
    let address = try SocketAddress(host: host, port: port)
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let fd = socket(address.family, kind, 0)
    if fd < 0 { throw .cannotBind(host: host, port: port, code: errno) }
    var isSet = set(fd, SOL_SOCKET, SO_REUSEADDR, 1)
    if reusesPort { isSet = isSet && set(fd, SOL_SOCKET, SO_REUSEPORT, 1) }
    if address.isIPv6 { isSet = isSet && set(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, address.isAnyIPv6 ? 0 : 1) }
    isSet = isSet && set(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    // A peer that has vanished without a word: what it does not acknowledge in 30 s ends the connection.
    isSet = isSet && set(fd, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 30_000)
    guard isSet, address.bind(fd) else {
      let code = errno
      Glibc.close(fd)
      throw .cannotBind(host: host, port: port, code: code)
    }
    return fd
  }

  private static func set(_ fd: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
    var value = value
    return setsockopt(fd, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }
}

@available(*, unavailable)
extension Listener: Sendable {}

private func acceptEvent(
  _ pointer: OpaquePointer?, _ fd: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: Int32,
  _ context: UnsafeMutableRawPointer?
) {
  Unmanaged<Listener>.fromOpaque(context.unsafelyUnwrapped).takeUnretainedValue().accept(fd)
}

/// The context belongs to whoever set the accept callback last, so the listener is looked up by its pointer.
private func acceptErrorEvent(_ pointer: OpaquePointer?, _ context: UnsafeMutableRawPointer?) {
  let code = errno
  LoopThread.loop?.listeners.first { $0.pointer == pointer }?.acceptFailed(code)
}
