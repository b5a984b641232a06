import Foundation
import Testing

@testable import HalleyServer

@Suite("Files: content and fields")
struct FileContentTests {
  @Test("a file with its fields")
  func file() throws {
    let tree = try FileTree()
    try tree.write("a/page.html", "<p>page</p>", modified: 1_700_000_000)
    let answer = try tree.server(cacheControl: "public, max-age=60").get("/a/page.html")
    #expect(answer.status == 200)
    #expect(try answer.text() == "<p>page</p>")
    #expect(answer.length == 11)
    #expect(answer["Content-Type"] == "text/html; charset=utf-8")
    #expect(answer["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT")
    #expect(answer["Cache-Control"] == "public, max-age=60")
    #expect(answer["Accept-Ranges"] == "bytes")
    #expect(answer["X-Content-Type-Options"] == "nosniff")
    #expect(answer["Vary"] == nil)
    let tag = try #require(answer["ETag"])
    #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 10)
  }

  @Test("HEAD says what GET says and sends nothing")
  func head() throws {
    let tree = try FileTree()
    try tree.write("page.html", "page")
    let server = try tree.server()
    let get = server.get("/page.html")
    let head = server.get("/page.html", ["range": "bytes=0-1"], head: true)
    #expect(head.status == 200)
    #expect(head.fields == get.fields)
    #expect(head.length == 4)
    #expect(head.body == nil)
  }

  @Test("the index stands for its directory; without the slash there is a redirect, without an index nothing")
  func index() throws {
    let tree = try FileTree()
    try tree.write("index.html", "root")
    try tree.write("docs/index.html", "docs")
    try tree.write("a:b ä/index.html", "odd")
    try tree.write("empty/other.txt", "x")
    let server = try tree.server()
    #expect(try server.get("/").text() == "root")
    #expect(try server.answer(FileRequest(segments: [], trailingSlash: false) { _ in nil }).text() == "root")
    #expect(try server.get("/docs/").text() == "docs")
    #expect(server.get("/docs/")["Content-Type"] == "text/html; charset=utf-8")
    let redirect = server.get("/docs", query: "a=1&b=%20")
    #expect(redirect.status == 301)
    #expect(redirect["Location"] == "./docs/?a=1&b=%20")
    #expect(server.get("/a:b ä")["Location"] == "./a%3Ab%20%C3%A4/")
    #expect(server.get("/empty").status == 404)
    #expect(server.get("/empty/").status == 404)
  }

  @Test("an empty file")
  func emptyFile() throws {
    let tree = try FileTree()
    try tree.write("empty.txt", "")
    let answer = try tree.server().get("/empty.txt")
    #expect(answer.status == 200)
    #expect(answer.length == 0)
    #expect(try answer.bytes().isEmpty)
    let range = try tree.server().get("/empty.txt", ["range": "bytes=0-"])
    #expect(range.status == 416)
    #expect(range["Content-Range"] == "bytes */0")
  }

  @Test("steps cover every size around their border", arguments: [1, 65_535, 65_536, 65_537, 131_072, 200_001])
  func steps(size: Int) throws {
    let tree = try FileTree()
    let text = String((0..<size).map { Character(UnicodeScalar(UInt8(97 + $0 % 23))) })
    try tree.write("f.txt", text)
    #expect(try tree.server().get("/f.txt").text() == text)
  }

  @Test("beyond 4 GiB, sparse")
  func large() throws {
    let tree = try FileTree()
    try tree.write("huge.bin", "")
    let size = 5 << 30
    #expect(truncate(tree.root + "/huge.bin", size) == 0)
    let file = try #require(FileHandle(forWritingAtPath: tree.root + "/huge.bin"))
    try file.seek(toOffset: UInt64(size - 3))
    try file.write(contentsOf: Data("end".utf8))
    try file.close()
    let server = try tree.server()
    #expect(server.get("/huge.bin").length == size)
    let tail = server.get("/huge.bin", ["range": "bytes=5368709117-"])
    #expect(tail.status == 206)
    #expect(tail["Content-Range"] == "bytes 5368709117-5368709119/5368709120")
    #expect(try tail.text() == "end")
  }

  @Test(
    "media types",
    arguments: [
      ("a.html", "text/html; charset=utf-8"), ("a.HTML", "text/html; charset=utf-8"),
      ("a.css", "text/css; charset=utf-8"), ("a.js", "text/javascript; charset=utf-8"),
      ("a.min.mjs", "text/javascript; charset=utf-8"), ("a.json", "application/json"), ("a.svg", "image/svg+xml"),
      ("a.wasm", "application/wasm"), ("a.woff2", "font/woff2"), ("a.webmanifest", "application/manifest+json"),
      ("a.png", "image/png"), ("a.txt", "text/plain; charset=utf-8"), ("a.unknown", "application/octet-stream"),
      ("noextension", "application/octet-stream"), ("a.", "application/octet-stream"),
    ])
  func mediaTypes(name: String, type: String) {
    #expect(MediaTypes.system().contentType(of: name) == type)
    #expect(MediaTypes(table: "").contentType(of: name) == type, "known without the system's table")
  }

  @Test("the system's table wins, comments and nonsense are passed over")
  func mediaTable() {
    let types = MediaTypes(table: "# comment\n\ntext/x-mine\tmine other\nbroken\nx/y\u{1} bad\nimage/png html\n")
    #expect(types.contentType(of: "a.mine") == "text/x-mine; charset=utf-8")
    #expect(types.contentType(of: "a.other") == "text/x-mine; charset=utf-8")
    #expect(types.contentType(of: "a.html") == "image/png")
    #expect(types.contentType(of: "a.bad") == "application/octet-stream")
  }

  @Test("a directory that is not there stops the server")
  func noRoot() {
    #expect(throws: FileError.self) {
      try FileServer(FilesOptions(directory: "/nonexistent/halley"), types: MediaTypes(table: ""))
    }
    #expect(throws: FileError.self) {
      try FileServer(FilesOptions(directory: "/etc/passwd"), types: MediaTypes(table: ""))
    }
  }
}

@Suite("Files: precompressed siblings")
struct FileCompressionTests {
  private func tree() throws -> FileTree {
    let tree = try FileTree()
    try tree.write("app.js", "plain", modified: 1_700_000_000)
    try tree.write("app.js.br", "brotli", modified: 1_700_000_000)
    try tree.write("app.js.gz", "gzip", modified: 1_700_000_001)
    return tree
  }

  @Test(
    "the client's choice",
    arguments: [
      (nil, "plain"), ("", "plain"), ("gzip", "gzip"), ("br", "brotli"), ("gzip, deflate, br", "brotli"),
      ("gzip;q=1.0, br;q=0.5", "gzip"), ("br;q=0, gzip;q=0.1, identity;q=0", "gzip"), ("*", "brotli"),
      ("*;q=0.5, br;q=0", "gzip"), ("identity", "plain"), ("identity;q=1, br;q=0.5", "plain"),
      ("br;q=0", "plain"), ("deflate", "plain"), ("GZIP", "gzip"), (" gzip ; q=0.8 ,", "gzip"),
    ] as [(String?, String)])
  func choice(accepted: String?, expected: String) throws {
    let tree = try tree()
    let fields = accepted.map { ["accept-encoding": $0] } ?? [:]
    let answer = try tree.server().get("/app.js", fields)
    #expect(try answer.text() == expected)
    #expect(answer["Vary"] == "Accept-Encoding", "also when the file itself is sent")
    #expect(answer["Content-Type"] == "text/javascript; charset=utf-8")
    #expect(answer["Content-Encoding"] == ["brotli": "br", "gzip": "gzip"][expected])
    #expect(answer.length == expected.utf8.count)
  }

  @Test("one that is older than the file is not sent")
  func stale() throws {
    let tree = try tree()
    tree.setModified("app.js", 1_700_000_001)
    #expect(try tree.server().get("/app.js", ["accept-encoding": "gzip, br"]).text() == "gzip")
    tree.setModified("app.js", 1_700_000_002)
    let answer = try tree.server().get("/app.js", ["accept-encoding": "gzip, br"])
    #expect(try answer.text() == "plain")
    #expect(answer["Vary"] == nil)
    #expect(answer["Content-Encoding"] == nil)
  }

  @Test("each representation has a tag of its own, and ranges count in what is sent")
  func representations() throws {
    let tree = try tree()
    let server = try tree.server()
    let tags = ["identity", "br", "gzip"].map { server.get("/app.js", ["accept-encoding": $0])["ETag"] }
    #expect(Set(tags).count == 3)
    let range = server.get("/app.js", ["accept-encoding": "br", "range": "bytes=1-3"])
    #expect(try range.text() == "rot")
    #expect(range["Content-Range"] == "bytes 1-3/6")
    let other = server.get("/app.js", ["accept-encoding": "gzip", "if-none-match": tags[1] ?? ""])
    #expect(other.status == 200)
    let same = server.get("/app.js", ["accept-encoding": "br", "if-none-match": tags[1] ?? ""])
    #expect(same.status == 304)
    #expect(same["Vary"] == "Accept-Encoding")
  }

  @Test("a sibling that is a link outside or a directory is passed over")
  func oddSiblings() throws {
    let tree = try FileTree()
    try tree.write("a.css", "plain", modified: 1)
    try tree.link("a.css.br", to: "../outside/secret.txt")
    try tree.write("a.css.gz/x", "x")
    let answer = try tree.server().get("/a.css", ["accept-encoding": "br, gzip"])
    #expect(try answer.text() == "plain")
    #expect(answer["Vary"] == nil)
  }
}
