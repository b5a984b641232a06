import CHalleyShims
import Glibc

/// What the kernel says about this process.
enum ProcessFigures {
  /// Resident memory, bytes; nil when it cannot be read, as without a descriptor. Two system calls and a page of text.
  static var memory: Int? {
    let words = SmallFile.text(at: "/proc/self/statm")?.split(separator: " ")
    return words.flatMap { $0.count > 1 ? Int($0[1]) : nil }.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
  }

  /// When the process began, milliseconds since 1970.
  static let started: Int? = {
    guard let own = SmallFile.text(at: "/proc/self/stat"), let machine = SmallFile.text(at: "/proc/stat"),
      // The name of the program, in brackets, may hold anything.
      let end = own.lastIndex(of: ")"),
      let boot = machine.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })?.split(separator: " ").last
    else { return nil }
    // Field 22 of proc(5); the third comes after the bracket.
    let fields = own[own.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let ticks = Int(fields[19]), let seconds = Int(boot) else { return nil }
    return seconds * 1_000 + ticks * 1_000 / sysconf(Int32(_SC_CLK_TCK))
  }()

  /// How many descriptors are open; nil when that cannot be told. Some milliseconds for 10,000: not on a loop.
  static func descriptors() -> Int? {
    guard let folder = unsafe opendir("/proc/self/fd") else {
      // Not even one for the folder: all are open.
      var limit = rlimit()
      guard errno == EMFILE, unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
        return nil
      }
      return Int(clamping: limit.rlim_cur)
    }
    defer { unsafe closedir(folder) }
    var count = 0
    while unsafe readdir(folder) != nil { count += 1 }
    // Without `.`, `..` and the folder's own.
    return max(0, count - 3)
  }
}
