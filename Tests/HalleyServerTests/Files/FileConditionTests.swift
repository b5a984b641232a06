import Foundation
import Testing

@testable import HalleyServer

@Suite("Files: preconditions (RFC 9110 §13)")
struct FileConditionTests {
  private static let date = "Tue, 14 Nov 2023 22:13:20 GMT"
  private static let earlier = "Tue, 14 Nov 2023 22:13:19 GMT"
  private static let later = "Tue, 14 Nov 2023 22:13:21 GMT"

  /// `TAG` stands for the file's tag.
  @Test(
    "one set of fields, one status",
    arguments: [
      (["if-none-match": "TAG"], 304), (["if-none-match": "W/TAG"], 304), (["if-none-match": "*"], 304),
      (["if-none-match": "\"a\", TAG"], 304), (["if-none-match": "\"a\""], 200),
      (["if-none-match": "\"a,b\", W/\"c\" ,TAG"], 304), (["if-none-match": "TA"], 200),
      (["if-modified-since": date], 304), (["if-modified-since": later], 304),
      (["if-modified-since": earlier], 200), (["if-modified-since": "yesterday"], 200),
      (["if-modified-since": "Tuesday, 14-Nov-23 22:13:20 GMT"], 304),
      (["if-modified-since": "Tue Nov 14 22:13:20 2023"], 304),
      (["if-none-match": "\"a\"", "if-modified-since": date], 200),
      (["if-none-match": "TAG", "if-modified-since": earlier], 304),
      (["if-match": "TAG"], 200), (["if-match": "*"], 200), (["if-match": "W/TAG"], 412), (["if-match": "\"a\""], 412),
      (["if-match": "\"a\", TAG"], 200), (["if-unmodified-since": date], 200), (["if-unmodified-since": later], 200),
      (["if-unmodified-since": earlier], 412), (["if-unmodified-since": "soon"], 200),
      (["if-match": "TAG", "if-unmodified-since": earlier], 200),
      (["if-match": "TAG", "if-none-match": "TAG"], 304), (["if-match": "\"a\"", "if-none-match": "TAG"], 412),
      (["if-none-match": "TAG", "range": "bytes=0-0"], 304), (["if-match": "\"a\"", "range": "bytes=0-0"], 412),
      (["if-match": "TAG", "range": "bytes=0-0"], 206), (["if-none-match": "TAG", "range": "bytes=99-"], 304),
    ] as [([String: String], Int)])
  func conditions(fields: [String: String], status: Int) throws {
    let tree = try FileTree()
    try tree.write("f.txt", "0123456789", modified: 1_700_000_000)
    let server = try tree.server()
    let plain = server.get("/f.txt")
    let tag = try #require(plain["ETag"])
    let given = fields.mapValues { $0.replacingOccurrences(of: "TAG", with: tag) }
    for head in [false, true] where !(head && status == 206) {
      let answer = server.get("/f.txt", given, head: head)
      #expect(answer.status == status, "\(fields), HEAD \(head)")
      #expect(answer["Cache-Control"] == "no-cache")
      if status == 304 {
        #expect(answer["ETag"] == tag)
        #expect(answer.body == nil)
        #expect(answer.length == nil)
        #expect(answer["Content-Type"] == nil)
      }
      if status == 412 { #expect(answer.body == nil && answer.length == 0) }
    }
  }

  @Test("a file from the future is from now")
  func future() throws {
    let tree = try FileTree()
    try tree.write("f.txt", "x", modified: 2_000_000_000)
    #expect(try tree.server().get("/f.txt")["Last-Modified"] == "Mon, 21 Sep 2026 14:13:20 GMT")
  }
}

@Suite("Files: ranges (RFC 9110 §14)")
struct FileRangeTests {
  @Test(
    "one Range field, one part, all or 416",
    arguments: [
      ("bytes=0-0", 206, "0"), ("bytes=5-", 206, "56789"), ("bytes=-5", 206, "56789"),
      ("bytes=0-999999", 206, "0123456789"),
      ("bytes=9-9", 206, "9"), ("bytes=-100", 206, "0123456789"), ("Bytes=1-2", 206, "12"), ("bytes= 1-2 ", 206, "12"),
      ("bytes=1-2,", 206, "12"), ("bytes=50-60,1-2", 206, "12"), ("bytes=2-18446744073709551617", 206, "23456789"),
      ("bytes=-0", 416, ""), ("bytes=10-", 416, ""), ("bytes=10-20,30-", 416, ""),
      ("bytes=99999999999999999999-", 416, ""), ("bytes=9223372036854775807-", 416, ""),
      ("bytes=9-5", 200, "0123456789"), ("bytes=abc", 200, "0123456789"), ("bytes=", 200, "0123456789"),
      ("bytes", 200, "0123456789"), ("chunks=0-1", 200, "0123456789"), ("bytes=1--2", 200, "0123456789"),
      ("bytes=-", 200, "0123456789"), ("bytes=+1-2", 200, "0123456789"), ("bytes=1-2 3-4", 200, "0123456789"),
      ("bytes=0x1-2", 200, "0123456789"), ("", 200, "0123456789"),
    ])
  func single(field: String, status: Int, text: String) throws {
    let tree = try FileTree()
    try tree.write("f.txt", "0123456789")
    let answer = try tree.server().get("/f.txt", ["range": field])
    #expect(answer.status == status)
    #expect(try answer.text() == text)
    #expect(answer.length == text.utf8.count)
    switch status {
    case 206:
      let range = try #require(answer["Content-Range"])
      #expect(range.hasPrefix("bytes ") && range.hasSuffix("/10"))
      #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
    case 416: #expect(answer["Content-Range"] == "bytes */10")
    default: #expect(answer["Content-Range"] == nil)
    }
  }

  @Test("several ranges are one multipart body whose length is known beforehand")
  func several() throws {
    let tree = try FileTree()
    try tree.write("f.txt", "0123456789")
    let answer = try tree.server().get("/f.txt", ["range": "bytes=0-1, 4-5 ,-1"])
    #expect(answer.status == 206)
    #expect(answer["Content-Range"] == nil)
    let type = try #require(answer["Content-Type"])
    let prefix = "multipart/byteranges; boundary="
    #expect(type.hasPrefix(prefix))
    let boundary = type.dropFirst(prefix.count)
    #expect((1...70).contains(boundary.count))
    func part(_ range: String, _ text: String) -> String {
      "--\(boundary)\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes \(range)/10\r\n\r\n\(text)\r\n"
    }
    #expect(
      try answer.text() == part("0-1", "01") + part("4-5", "45") + part("9-9", "9") + "--\(boundary)--\r\n")
    #expect(try answer.bytes().count == answer.length)
  }

  @Test("a range field meant to multiply the work gets the whole file")
  func excessive() throws {
    let tree = try FileTree()
    try tree.write("f.txt", "0123456789")
    let server = try tree.server()
    for field in [
      "bytes=" + Array(repeating: "0-", count: 50).joined(separator: ","),
      "bytes=" + Array(repeating: "0-0", count: 1000).joined(separator: ","), "bytes=0-,0-",
    ] {
      #expect(server.get("/f.txt", ["range": field]).status == 200)
    }
  }

  @Test("If-Range: the tag or the date as it was given, compared strongly")
  func ifRange() throws {
    let tree = try FileTree()
    try tree.write("f.txt", "0123456789", modified: 1_700_000_000)
    let server = try tree.server()
    let tag = try #require(server.get("/f.txt")["ETag"])
    for (value, status) in [
      (tag, 206), ("W/" + tag, 200), ("\"other\"", 200), ("Tue, 14 Nov 2023 22:13:20 GMT", 206),
      ("Tue, 14 Nov 2023 22:13:21 GMT", 200), ("Tue, 14 Nov 2023 22:13:19 GMT", 200), ("nonsense", 200), ("*", 200),
    ] {
      #expect(server.get("/f.txt", ["range": "bytes=0-1", "if-range": value]).status == status, "\(value)")
    }
  }
}
