import Foundation
import Synchronization
import Testing

@testable import HalleyServer

@Suite("Files: what is never served")
struct FileSafetyTests {
  @Test(
    "paths that leave, hide or confuse",
    arguments: [
      "/../outside/secret.txt", "/..", "/a/../../outside/secret.txt", "/./page.html", "/.", "//page.html",
      "//etc/passwd", "/a//page.html", "/....//page.html", "/..\\outside\\secret.txt", "/a\\..\\page.html",
      "/page.html\0", "/page\0.html", "/pa\nge.html", "/page\u{7F}.html", "/.hidden", "/.git/config", "/a/.hidden",
      "/%2e%2e/outside/secret.txt", "/\u{FFFD}\u{FFFD}/secret.txt", "/page.html/", "/page.html/x", "/missing",
      "/a", "/a/", "/page.htm", "/PAGE.html", "/" + String(repeating: "d/", count: 3000) + "x",
      "/" + String(repeating: "n", count: 300),
    ])
  func refused(path: String) throws {
    let tree = try FileTree()
    try tree.write("page.html", "page")
    try tree.write(".hidden", "hidden")
    try tree.write(".git/config", "hidden")
    try tree.write("a/.hidden", "hidden")
    try tree.write("a/page.html", "page")
    let answer = try tree.server().get(path)
    #expect(answer.status == 404)
    #expect(answer.body == nil)
    #expect(answer.fields.isEmpty, "one 404 for all")
  }

  @Test("a slash inside a decoded segment is not a separator")
  func encodedSlash() throws {
    let tree = try FileTree()
    try tree.write("a/b.txt", "b")
    let request = FileRequest(segments: ["a/b.txt"], trailingSlash: false, field: { _ in nil })
    #expect(try tree.server().answer(request).status == 404)
    #expect(
      try tree.server().answer(FileRequest(segments: ["a", ""], trailingSlash: false) { _ in nil }).status == 404)
  }

  @Test("links: inside yes; outside, absolute, dangling, loops and devices no")
  func links() throws {
    let tree = try FileTree()
    try tree.write("dir/real.txt", "real")
    try tree.link("in.txt", to: "dir/real.txt")
    try tree.link("dir/up.txt", to: "../dir/real.txt")
    try tree.link("indir", to: "dir")
    try tree.link("out.txt", to: "../outside/secret.txt")
    try tree.link("outdir", to: "../outside")
    try tree.link("absolute.txt", to: tree.root + "/dir/real.txt")
    try tree.link("dangling.txt", to: "nowhere")
    try tree.link("loop.txt", to: "loop.txt")
    try tree.link("zero", to: "/dev/zero")
    try tree.link("proc", to: "/proc/self/root/etc/passwd")
    let server = try tree.server()
    for path in ["/in.txt", "/dir/up.txt", "/indir/real.txt"] { #expect(try server.get(path).text() == "real") }
    for path in [
      "/out.txt", "/outdir/secret.txt", "/outdir/", "/absolute.txt", "/dangling.txt", "/loop.txt", "/zero", "/proc",
    ] {
      #expect(server.get(path).status == 404, "\(path)")
    }
  }

  @Test("a FIFO and a socket are not files, and opening them does not wait")
  func fifo() throws {
    let tree = try FileTree()
    #expect(mkfifo(tree.root + "/pipe", 0o644) == 0)
    #expect(try tree.server().get("/pipe").status == 404)
    #expect(try tree.server().get("/pipe/").status == 404)
  }

  @Test("no permission is the same 404")
  func permission() throws {
    let tree = try FileTree()
    try tree.write("private.txt", "x")
    try tree.write("public.txt", "y")
    try tree.write("closed/index.html", "x")
    for (path, mode) in [("", 0o755), ("/root", 0o755), ("/root/private.txt", 0), ("/root/closed", 0o700)] {
      chmod(tree.base + path, mode_t(mode))
    }
    let server = try tree.server()
    // Root may read everything: this thread looks at files as nobody meanwhile. Nothing in between suspends.
    let symbol = try #require(dlsym(nil, "setfsuid"))
    let setfsuid = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
    let before = setfsuid(65_534)
    let answers = ["/private.txt", "/closed/", "/closed", "/public.txt"].map { server.get($0).status }
    _ = setfsuid(uid_t(before))
    #expect(answers == [404, 404, 404, 200])
  }

  @Test("lack of descriptors is not a missing file")
  func shortage() {
    #expect(FileError(code: EMFILE).isShortage)
    #expect(FileError(code: ENFILE).isShortage)
    #expect(!FileError(code: EACCES).isShortage)
    #expect(!FileError(code: EXDEV).isShortage)
  }

  @Test("a name that changes between a file inside and a link outside never shows what is outside")
  func renameRace() async throws {
    let tree = try FileTree()
    try tree.write("real.txt", "inside")
    try tree.link("evil", to: "../outside/secret.txt")
    try tree.link("good", to: "real.txt")
    try tree.link("target", to: "real.txt")
    let server = try tree.server()
    let root = tree.root
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for turn in 0..<20_000 {
          let name = root + "/tmp\(turn)"
          symlink(turn % 2 == 0 ? "../outside/secret.txt" : "real.txt", name)
          rename(name, root + "/target")
        }
      }
      group.addTask {
        var found = 0
        for _ in 0..<20_000 {
          let answer = server.get("/target")
          guard answer.status == 200 else { continue }
          found += 1
          #expect((try? answer.text()) == "inside")
        }
        #expect(found > 0)
      }
    }
    withExtendedLifetime(tree) {}
  }

  @Test("a file that shrinks while it is sent is an error, not a short answer")
  func truncated() throws {
    let tree = try FileTree()
    try tree.write("big.bin", String(repeating: "x", count: 200_000))
    let answer = try tree.server().get("/big.bin")
    #expect(answer.length == 200_000)
    var body = try #require(answer.body)
    let first = try body.takeNext()
    #expect(first?.count == FileBody.step)
    truncate(tree.root + "/big.bin", 100_000)
    #expect(throws: FileError.truncated) { while try body.takeNext() != nil {} }
  }

  @Test("a file replaced while it is sent is sent as it was")
  func replaced() throws {
    let tree = try FileTree()
    try tree.write("big.bin", String(repeating: "a", count: 150_000))
    let answer = try tree.server().get("/big.bin")
    try tree.write("new.bin", String(repeating: "b", count: 150_000))
    rename(tree.root + "/new.bin", tree.root + "/big.bin")
    #expect(try answer.bytes() == [UInt8](repeating: UInt8(ascii: "a"), count: 150_000))
    let after = try tree.server().get("/big.bin")
    #expect(after["ETag"] != answer["ETag"])
    #expect(try after.bytes().first == UInt8(ascii: "b"))
  }

  @Test("a directory put in the place of the root is served from the next second on")
  func newRoot() throws {
    let tree = try FileTree()
    try tree.write("v.txt", "old")
    let clock = Atomic<Int64>(1_790_000_000)
    let server = try FileServer(
      FilesOptions(directory: tree.root), types: .system(), now: { clock.load(ordering: .relaxed) })
    #expect(try server.get("/v.txt").text() == "old")
    rename(tree.root, tree.base + "/before")
    clock.add(1, ordering: .relaxed)
    #expect(try server.get("/v.txt").text() == "old", "while nothing is there, the last one known")
    try tree.write("v.txt", "new")
    #expect(try server.get("/v.txt").text() == "old")
    clock.add(1, ordering: .relaxed)
    #expect(try server.get("/v.txt").text() == "new")
  }

  @Test("descriptors are closed with the last user")
  func descriptors() throws {
    let tree = try FileTree()
    try tree.write("a.txt", "a")
    let server = try tree.server()
    func open() throws -> Int {
      // Only those below this test's directory: other tests open and close files of their own meanwhile.
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        return target?.hasPrefix(tree.root + "/") == true
      }
    }
    do {
      let answer = server.get("/a.txt")
      #expect(try open() == 1)
      withExtendedLifetime(answer) {}
    }
    for path in ["/a.txt", "/missing", "/", "/a.txt/"] { _ = server.get(path) }
    #expect(try open() == 0)
  }
}
