import Foundation
import HTTPTypes

@testable import HalleyServer

/// A directory of the test's own, removed with it. Requests go to `root`; `outside` lies beside it.
final class FileTree {
  let base: String
  var root: String { base + "/root" }
  var outside: String { base + "/outside" }

  init() throws {
    var template = Array("/tmp/halley-files-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    base = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for directory in [root, outside] {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    try Data("secret".utf8).write(to: URL(fileURLWithPath: outside + "/secret.txt"))
  }

  deinit { try? FileManager.default.removeItem(atPath: base) }

  /// Writes a file below the root, with the directories that lead to it.
  func write(_ path: String, _ text: String, modified: Int? = nil) throws {
    let url = URL(fileURLWithPath: root + "/" + path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    if let modified { setModified(path, modified) }
  }

  func setModified(_ path: String, _ seconds: Int) {
    var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
    utimensat(AT_FDCWD, root + "/" + path, &times, 0)
  }

  func link(_ path: String, to destination: String) throws {
    guard symlink(destination, root + "/" + path) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  /// A server over the root, at a moment of 2026.
  func server(cacheControl: String = "no-cache") throws -> FileServer {
    try FileServer(
      FilesOptions(directory: root, cacheControl: cacheControl), types: .system(), now: { 1_790_000_000 })
  }
}

extension FileServer {
  /// Answers a request for a decoded path.
  func get(_ path: String, _ fields: [String: String] = [:], query: String? = nil, head: Bool = false) -> FileAnswer {
    var segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init).dropFirst()
    let slash = segments.last == ""
    if slash { segments = segments.dropLast() }
    return answer(
      FileRequest(
        segments: Array(segments), trailingSlash: slash, query: query, isHead: head, field: { fields[$0] }))
  }
}

extension FileAnswer {
  /// All steps of the body.
  func bytes() throws -> [UInt8] {
    guard var body else { return [] }
    var all: [UInt8] = []
    while let step = try body.takeNext() {
      guard step.count <= FileBody.step else { throw CocoaError(.fileReadTooLarge) }
      all += step
    }
    return all
  }

  func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

  subscript(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
}
