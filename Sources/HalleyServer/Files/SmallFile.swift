import CHalleyShims
import Glibc

/// A file that is read as a whole, such as a configuration.
package enum SmallFile {
  /// Most that is read, bytes.
  private static let most = 4 << 20

  /// What is found at a path.
  package enum Reading: Sendable, Equatable {
    case text(String)
    /// It is larger than 4 MiB, not UTF-8, not there, or not for this process.
    case unreadable
    /// The process has no descriptor left to open it with, which says nothing about the file.
    case noDescriptors
  }

  /// The text at a path as it is now; nil when it cannot be read.
  package static func text(at path: String) -> String? {
    if case .text(let text) = read(path) { text } else { nil }
  }

  /// Reads a path as it is now.
  ///
  /// Foundation's reading of a path loses its buffer whenever the file shrinks meanwhile, as it does when it is saved.
  package static func read(_ path: String) -> Reading {
    let file = unsafe path.withCString { unsafe open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { return errno == EMFILE || errno == ENFILE ? .noDescriptors : .unreadable }
    defer { halley_close(file) }
    var bytes: [UInt8] = []
    while bytes.count <= most {
      var result: Int64 = 0
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, initialized in
        guard let start = buffer.baseAddress else { return }
        result = unsafe halley_read_at(file, start, buffer.count, Int64(bytes.count))
        initialized = Int(max(0, result))
      }
      guard result >= 0 else { return .unreadable }
      if piece.isEmpty { return String(validating: bytes, as: UTF8.self).map(Reading.text) ?? .unreadable }
      bytes += piece
    }
    return .unreadable
  }
}
