import Glibc

/// How many connections the process may have.
enum Descriptors {
  /// Kept free for files, listeners, wake-ups and one detach in progress per loop.
  static let reserve = 64

  /// - Parameter configured: `limits.connections`; 0 means all that the descriptor limit leaves.
  static func connectionLimit(_ configured: Int) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return max(1, configured) }
    let most = max(1, Int(clamping: limit.rlim_cur) - reserve)
    return configured > 0 ? min(configured, most) : most
  }
}
