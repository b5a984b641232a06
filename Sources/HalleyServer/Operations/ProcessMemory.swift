internal import CHalleyShims
import Glibc

/// What the whole process does with its memory: for programs that are a server and nothing else.
package enum ProcessMemory {
  /// Large blocks go back to the system when they are freed, so that one large message does not stay for good.
  package static func returnLargeBlocks() { halley_memory_fix_threshold() }

  /// The memory that the process may use, bytes: the machine's, or its control group's if that is less.
  static func available() -> Int {
    let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
    guard let group = unsafe fopen("/sys/fs/cgroup/memory.max", "re") else { return machine }
    defer { unsafe fclose(group) }
    var text = [UInt8](repeating: 0, count: 32)
    let count = unsafe fread(&text, 1, text.count, group)
    let digits = text.prefix(count).prefix { $0 >= 0x30 && $0 <= 0x39 }
    return min(machine, Int(String(decoding: digits, as: UTF8.self)) ?? machine)
  }
}
