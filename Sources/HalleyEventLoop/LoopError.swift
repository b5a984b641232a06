/// Why a loop could not be made. `code` is an `errno` value.
public enum LoopError: Error, Equatable {
  /// libevent made no event base: out of memory or descriptors.
  case noBase
  /// The wake-up descriptor or the event on it could not be made; `eventfd` or `event_add` failed.
  case noWakeUp(code: Int32)
  /// The system gave no thread.
  case noThread(code: Int32)
}
