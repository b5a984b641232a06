import CHalleyShims
import Glibc

/// An open descriptor, closed when its last user lets go of it.
final class Descriptor: Sendable {
  let number: Int32
  init(_ number: Int32) { self.number = number }
  deinit { halley_close(number) }
}

/// The directory that files are served from.
struct RootDirectory: Sendable {
  fileprivate let descriptor: Descriptor

  /// - Throws: `FileError` when the path is not a directory or may not be entered.
  init(_ path: String) throws(FileError) {
    let number = unsafe path.withCString { unsafe halley_open_root($0) }
    guard number >= 0 else { throw FileError(code: -number) }
    descriptor = Descriptor(number)
  }

  /// Opens what lies at a relative path, as it is at this moment.
  func open(_ path: String) throws(FileError) -> OpenFile {
    var status = halley_file_status()
    let number = unsafe path.withCString { unsafe halley_open_beneath(descriptor.number, $0, &status) }
    guard number >= 0 else { throw FileError(code: -number) }
    return OpenFile(Descriptor(number), status)
  }
}

/// An open file and what it was when it was opened. A rename or a removal does not change what is read from it.
package struct OpenFile: Sendable {
  enum Kind { case file, directory, other }

  let descriptor: Descriptor
  let kind: Kind
  /// Bytes.
  package let size: Int
  /// Tells this state of the file from any other: inode, size and the time of the last change to the nanosecond.
  let tag: String
  /// When the content was changed last, seconds since 1970 and the nanoseconds beyond.
  let modified: (seconds: Int64, nanoseconds: Int64)

  init(_ descriptor: Descriptor, _ status: halley_file_status) {
    self.descriptor = descriptor
    kind = status.is_regular != 0 ? .file : status.is_directory != 0 ? .directory : .other
    size = Int(max(0, status.size))
    modified = (status.modified_seconds, status.modified_nanoseconds)
    let parts = [
      status.inode, UInt64(bitPattern: status.size), UInt64(bitPattern: status.modified_seconds),
      UInt64(bitPattern: status.modified_nanoseconds),
    ]
    tag = parts.map { String($0, radix: 16) }.joined(separator: "-")
  }

  /// Reads exactly `count` bytes at an offset.
  ///
  /// - Throws: `FileError.truncated` when the file has become shorter, else the error of the system.
  func read(_ count: Int, at offset: Int) throws(FileError) -> [UInt8] {
    var result: Int64 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard count > 0, let start = buffer.baseAddress else { return }
      result = unsafe halley_read_at(descriptor.number, start, count, Int64(offset))
      initialized = Int(max(0, result))
    }
    guard result >= 0 else { throw FileError(code: Int32(truncatingIfNeeded: -result)) }
    guard bytes.count == count else { throw .truncated }
    return bytes
  }
}

/// Why a file was not opened or read.
package struct FileError: Error, Sendable, Hashable {
  /// The system's error number; 0 for a file that became shorter while it was sent.
  package let code: Int32

  static let truncated = FileError(code: 0)

  /// Nothing is wrong with the path: this process lacks descriptors or memory for the moment.
  var isShortage: Bool { [EMFILE, ENFILE, ENOMEM].contains(code) }
}
