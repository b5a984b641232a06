import CHalleyShims
import Foundation
import HTTPTypes
import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Files: large ones on the wire")
struct FileSendTests {
  /// Content in which a shift or a swap shows: its period is no multiple of any size in use.
  private static func content(_ count: Int) -> [UInt8] {
    var random = SeededRandom(seed: 7)
    let block = (0..<65_521).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private static func same(_ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>) -> Bool {
    let (a, b) = (Array(a), Array(b))
    return a.count == b.count && (a.isEmpty || memcmp(a, b, a.count) == 0)
  }

  /// A tree with `big.bin` and `small.txt`.
  private static func tree(_ content: [UInt8]) throws -> FileTree {
    let tree = try FileTree()
    try tree.write("small.txt", "small")
    try Data(content).write(to: URL(fileURLWithPath: tree.root + "/big.bin"))
    return tree
  }

  private static func serve(_ tree: FileTree, limits: HTTPLimits = HTTPLimits()) throws -> CarrierHarness {
    let files = try tree.server()
    return try CarrierHarness(limits: limits) { _, exchange in
      let head = exchange.head
      let range = head.string(of: "range").map { ["range": $0] } ?? [:]
      let answer = files.get(String(decoding: head.path, as: UTF8.self), range, head: head.method == .head)
      FileReply(exchange: exchange, answer: answer, fields: []).start()
    }
  }

  private static func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
  }

  /// A client whose first answer is stuck after its head: the kernel holds a little, this process the rest.
  private static func stuck(_ server: CarrierHarness) throws -> RawClient {
    let client = try server.client()
    var size: Int32 = 64 << 10
    setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    client.send(get("/big.bin"))
    _ = try client.receive(until: "\r\n\r\n")
    return client
  }

  /// Descriptors that this process has open below the tree.
  private static func open(_ tree: FileTree) -> Int {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return names.count {
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
      return target?.hasPrefix(tree.root + "/") == true
    }
  }

  /// Memory of this process, bytes.
  private static func resident() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii)
    return (Int(text.split(separator: " ")[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }

  @Test("32 MiB, then HEAD and a small one, all asked for at once")
  func whole() throws {
    let content = Self.content(32 << 20)
    let tree = try Self.tree(content)
    let server = try Self.serve(tree)
    let client = try server.client()
    client.send(
      Self.get("/big.bin") + "HEAD /big.bin HTTP/1.1\r\nHost: a\r\n\r\n" + Self.get("/small.txt")
        + Self.get("/big.bin", "Connection: close\r\n"))
    let big = try #require(try client.response())
    #expect(big.status == 200)
    let isWhole = Self.same(big.body, content)
    #expect(isWhole)
    let head = try #require(try client.response(toHead: true))
    #expect(head["content-length"] == "\(32 << 20)")
    #expect(try client.response()?.body == Array("small".utf8))
    #expect(try client.response()?.body.count == 32 << 20)
    #expect(try client.receiveAll().isEmpty)
    client.close()
    server.stop()
    #expect(Self.open(tree) == 0)
  }

  @Test(
    "ranges at odd places",
    arguments: [
      1..<65_538, 4_095..<200_002, 262_143..<524_289, 0..<262_144, 65_535..<3_000_000, 2_800_001..<3_000_000,
    ])
  func range(range: Range<Int>) throws {
    let content = Self.content(3_000_000)
    let tree = try Self.tree(content)
    let server = try Self.serve(tree)
    let client = try server.client()
    for _ in 0..<2 {
      client.send(Self.get("/big.bin", "Range: bytes=\(range.lowerBound)-\(range.upperBound - 1)\r\n"))
      let part = try #require(try client.response())
      #expect(part.status == 206)
      let isPart = Self.same(part.body, content[range])
      #expect(isPart)
    }
    client.close()
    server.stop()
  }

  @Test("several ranges in one answer")
  func ranges() throws {
    let content = Self.content(1_000_000)
    let tree = try Self.tree(content)
    let server = try Self.serve(tree)
    let client = try server.client()
    client.send(Self.get("/big.bin", "Range: bytes=3-70004,100001-400000,999999-\r\n") + Self.get("/small.txt"))
    let answer = try #require(try client.response())
    let type = try #require(answer["content-type"])
    let boundary = try #require(type.split(separator: "=").last)
    var expected: [UInt8] = []
    for range in [3..<70_005, 100_001..<400_001, 999_999..<1_000_000] {
      let start = expected.isEmpty ? "" : "\r\n"
      let head =
        "\(start)--\(boundary)\r\nContent-Type: application/octet-stream\r\n"
        + "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/1000000\r\n\r\n"
      expected += Array(head.utf8) + content[range]
    }
    expected += Array("\r\n--\(boundary)--\r\n".utf8)
    let isExpected = Self.same(answer.body, expected)
    #expect(isExpected)
    #expect(try client.response()?.body == Array("small".utf8))
    client.close()
    server.stop()
  }

  @Test("readers that are stuck cost no memory; one descriptor each, closed when they go in whatever way")
  func slowReaders() throws {
    let content = Self.content(8 << 20)
    let tree = try Self.tree(content)
    let server = try Self.serve(tree)
    let before = try Self.resident()
    let clients = try (0..<24).map { _ in try Self.stuck(server) }
    #expect(server.eventually { _ in Self.open(tree) == 24 })
    #expect(try Self.resident() - before < 64 << 20, "192 MiB are asked for")
    for (index, client) in clients.enumerated() {
      switch index % 3 {
      case 0: client.close()
      case 1: client.reset()
      default:
        let isWhole = Self.same(try client.receive(exactly: content.count), content)
        #expect(isWhole)
      }
    }
    #expect(server.eventually { _ in Self.open(tree) == 0 })
    for client in clients { client.close() }
    server.stop()
  }

  @Test("the server stops in the middle")
  func stops() throws {
    let tree = try Self.tree(Self.content(8 << 20))
    let server = try Self.serve(tree)
    let clients = try (0..<3).map { _ in try Self.stuck(server) }
    #expect(server.eventually { _ in Self.open(tree) == 3 })
    server.kill()
    #expect(Self.open(tree) == 0)
    for client in clients { client.close() }
  }

  @Test("a reader that takes nothing is ended by the deadline, one that takes a little is not")
  func stall() throws {
    let content = Self.content(8 << 20)
    let tree = try Self.tree(content)
    var limits = HTTPLimits()
    limits.stallTimeout = 600
    let server = try Self.serve(tree, limits: limits)
    let slow = try Self.stuck(server)
    let silent = try Self.stuck(server)
    var taken: [UInt8] = []
    while server.gauges.expired == 0, taken.count < content.count {
      taken += try slow.receive(exactly: 32_768)
      usleep(20_000)
    }
    #expect(taken.count < content.count, "the other one is not ended")
    #expect(server.eventually { _ in Self.open(tree) == 1 })
    taken += try slow.receive(exactly: content.count - taken.count)
    let isWhole = Self.same(taken, content)
    #expect(isWhole)
    #expect(server.gauges.expired == 1)
    slow.close()
    silent.close()
    server.stop()
  }

  @Test("a file that is cut off while it is sent ends the connection")
  func truncated() throws {
    let content = Self.content(16 << 20)
    let tree = try Self.tree(content)
    let server = try Self.serve(tree)
    let client = try Self.stuck(server)
    truncate(tree.root + "/big.bin", 4096)
    var taken: [UInt8] = []
    do {
      while true {
        let bytes = try client.receive()
        if bytes.isEmpty { break }
        taken += bytes
      }
    } catch RawClient.Failure.broken(let code) {
      #expect(code == ECONNRESET)
    }
    // The kernel holds some of it, whose pages are zeroed with the cut.
    let isOfTheFile = zip(taken, content).allSatisfy { $0 == $1 || $0 == 0 }
    #expect(taken.count < content.count && isOfTheFile)
    #expect(server.eventually { _ in Self.open(tree) == 0 })
    client.close()
    server.stop()
  }

  @Test("a file system that cannot send by itself")
  func copied() throws {
    // This process's memory: it can be read at any place, and sendfile(2) refuses it. Only places below 2 GiB are known
    // to both.
    let content = Self.content(1_000_001)
    let place = UnsafeMutableRawPointer(bitPattern: 0x3000_0000)
    let memory = mmap(
      place, content.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0)
    try #require(memory == place)
    defer { munmap(memory, content.count) }
    memory?.copyMemory(from: content, byteCount: content.count)
    let number = Glibc.open("/proc/self/mem", O_RDONLY | O_CLOEXEC)
    #expect(number >= 0)
    let file = OpenFile(Descriptor(number), halley_file_status())
    let start = Int(bitPattern: memory)
    let server = try CarrierHarness { _, exchange in
      exchange.beginStream(status: 200, fields: [:], length: content.count)
      exchange.write(file, start..<start + content.count) { exchange.end() }
    }
    let client = try server.client()
    client.send(Self.get("/") + Self.get("/"))
    for _ in 0..<2 {
      let isWhole = Self.same(try client.response()?.body ?? [], content)
      #expect(isWhole)
    }
    client.close()
    server.stop()
  }

  @Test("more than the declared length, or before the last has gone, ends the connection", arguments: [false, true])
  func misuse(tooEarly: Bool) throws {
    let tree = try Self.tree(Self.content(8 << 20))
    let files = try tree.server()
    let server = try CarrierHarness { _, exchange in
      guard let body = files.get("/big.bin").body else { return exchange.abort() }
      exchange.beginStream(status: 200, fields: [:], length: tooEarly ? (8 << 20) + 1 : 100)
      exchange.write(body.file, 0..<8 << 20) {}
      if tooEarly { exchange.write([0]) {} }
    }
    let client = try server.client()
    client.shrinkReceiveBuffer()
    client.send(Self.get("/"))
    #expect(server.eventually { $0.gauges.accepted == 1 && $0.gauges.connections == 0 })
    client.close()
    server.stop()
    #expect(Self.open(tree) == 0)
  }
}

extension RawClient {
  /// So many bytes, or what came before the peer's end of output.
  fileprivate func receive(exactly count: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let more = try receive(upTo: min(65_536, count - bytes.count))
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }
}
