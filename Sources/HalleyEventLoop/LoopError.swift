/// Why a loop or a listener could not be made. `code` is an `errno` value.
public enum LoopError: Error, Equatable {
  /// libevent made no event base: out of memory or descriptors.
  case noBase
  /// The wake-up descriptor or the event on it could not be made; `eventfd` or `event_add` failed.
  case noWakeUp(code: Int32)
  /// The host is neither an address nor a name that resolves.
  case badAddress(String)
  /// `socket`, `setsockopt` or `bind` failed, for instance because the port is taken.
  case cannotBind(host: String, port: Int, code: Int32)
  /// `listen` failed or libevent made no listener.
  case cannotListen(code: Int32)
  /// The system gave no thread.
  case noThread(code: Int32)
}
