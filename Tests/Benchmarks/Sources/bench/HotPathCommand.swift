import ArgumentParser
import Foundation

/// Asserts that reading and delivering neither count references nor allocate.
///
/// The server runs under callgrind. For an echo, N and 2 N messages are profiled, and the difference is what a message
/// costs. For fan-out, the same messages are profiled with few and with many subscribers, and the difference is what a
/// subscriber costs per message; what a message costs once, however many subscribers there are, cancels out.
struct HotPathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hot-path", abstract: "Fails when the read path or the delivery path retains, releases or allocates.")

  @OptionGroup var options: ServerOptions

  /// Most calls per message or delivery. One that was added by mistake shows as 1; what happens once a turn, or on
  /// the few deliveries that find a full socket, stays far below.
  static let tolerance = 0.05

  func run() throws {
    guard Callgrind.isAvailable else { throw BenchmarkError.failed("valgrind is missing: apt-get install valgrind") }
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("halley-hot-path-\(getpid())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }

    let server = try Server(options.profile, underCallgrind: true, directory: directory)
    defer { server.stop() }
    guard let callgrind = server.callgrind else { return }
    let profile = options.profile
    var passed = true
    passed = try check("echo", unit: "message", readPath(server, callgrind, profile)) && passed
    passed =
      try check("ws fan-out", unit: "delivery", deliveryPath(server, callgrind, "ws", profile.webSocket)) && passed
    passed =
      try check("sse fan-out", unit: "delivery", deliveryPath(server, callgrind, "sse", profile.eventStream)) && passed
    if !passed { throw ExitCode.failure }
  }

  /// What `units` messages or deliveries more cost.
  private struct Difference {
    var few: Profile
    var many: Profile
    var units: Int
  }

  private func readPath(_ server: Server, _ callgrind: Callgrind, _ profile: ServerProfile) throws -> Difference {
    let load = try server.load(["echo", "--path", profile.echo, "--timeout", "60"])
    defer { load.stop() }
    let count = 3_200
    try load.run(count)
    let few = try callgrind.profile { try load.run(count) }
    let many = try callgrind.profile { try load.run(2 * count) }
    return Difference(few: few, many: many, units: count)
  }

  private func deliveryPath(_ server: Server, _ callgrind: Callgrind, _ transport: String, _ path: String) throws
    -> Difference
  {
    let messages = 16
    func profiled(_ subscribers: Int) throws -> Profile {
      let load = try server.load([
        "fanout", "--transport", transport, "--path", path, "--publish-path", server.profile.publish,
        "--subscribers", String(subscribers), "--timeout", "60",
      ])
      defer { load.stop() }
      try load.run(messages)
      return try callgrind.profile { try load.run(messages) }
    }
    let few = try profiled(100)
    return Difference(few: few, many: try profiled(500), units: messages * 400)
  }

  private func check(_ name: String, unit: String, _ difference: Difference) throws -> Bool {
    let (few, many) = (difference.few.counts, difference.many.counts)
    let instructions = Double(difference.many.instructions - difference.few.instructions) / Double(difference.units)
    if instructions <= 0 { throw BenchmarkError.failed("\(name): the profile saw nothing of the load") }
    var found: [(String, Double)] = []
    for (function, count) in many where HotPathCommand.isForbidden(function) {
      let each = Double(count - few[function, default: 0]) / Double(difference.units)
      if each > HotPathCommand.tolerance { found.append((function, each)) }
    }
    let text = String(format: "%.1f", instructions)
    if found.isEmpty {
      say("\(name): \(text) user instructions per \(unit), no retain, release or allocation")
      return true
    }
    say("\(name): \(text) user instructions per \(unit), FAILED")
    for (function, each) in found.sorted(by: { $0.1 > $1.1 }) {
      say("  \(function): \(String(format: "%.2f", each)) calls per \(unit), from")
      for (caller, count) in difference.many.callers(of: function).prefix(5) { say("    \(count) \(caller)") }
    }
    return false
  }

  /// Reference counting and allocation, by the names that the Swift runtime and Glibc give them.
  static func isForbidden(_ function: String) -> Bool {
    let exact: Set = ["malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "memalign"]
    let beginnings = [
      "swift_retain", "swift_release", "swift_bridgeObjectRetain", "swift_bridgeObjectRelease",
      "swift_unknownObjectRetain", "swift_unknownObjectRelease", "swift_nonatomic_", "swift_weak", "swift_unowned",
      "swift_allocObject", "swift_allocBox", "swift_deallocObject", "swift_deallocClassInstance", "swift_slowAlloc",
      "swift_slowDealloc", "swift_task_alloc", "swift_task_create", "operator new", "operator delete",
    ]
    return exact.contains(function) || beginnings.contains { function.hasPrefix($0) }
  }
}
