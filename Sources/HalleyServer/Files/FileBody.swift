/// The content of a file answer, taken in steps or in pieces: nothing is read before it can be sent.
///
/// A value: a copy starts where the original stands. Holds the open file, so what is sent is the file that the head of
/// the answer describes, whatever happens to its name meanwhile.
package struct FileBody: Sendable {
  enum Piece: Sendable {
    /// The head of a part of `multipart/byteranges`, or its end.
    case bytes([UInt8])
    /// Part of the file.
    case file(Range<Int>)
  }

  /// Most bytes that one step returns.
  package static let step = 64 << 10

  /// Bytes of all steps together; what `Content-Length` says.
  package let length: Int

  let file: OpenFile
  private let pieces: [Piece]
  private var next = 0
  /// How much of the next piece has been taken.
  private var taken = 0

  init(_ file: OpenFile, _ pieces: [Piece]) {
    self.file = file
    self.pieces = pieces
    length = pieces.reduce(0) { sum, piece in
      switch piece {
      case .bytes(let bytes): sum + bytes.count
      case .file(let range): sum + range.count
      }
    }
  }

  /// The next piece as a whole, of which nothing has been read; nil at the end. Not after `takeNext`.
  mutating func takePiece() -> Piece? {
    guard next < pieces.count else { return nil }
    defer { next += 1 }
    return pieces[next]
  }

  /// The next bytes, at most `step`; nil at the end.
  ///
  /// Reads from the disk or the page cache, so it may block for as long as a disk takes.
  ///
  /// - Throws: `FileError`, when the file has become shorter or cannot be read. The announced length cannot be kept
  ///   then: abort the connection, so that nobody takes the part for the whole.
  package mutating func takeNext() throws(FileError) -> [UInt8]? {
    while next < pieces.count {
      switch pieces[next] {
      case .bytes(let bytes):
        next += 1
        return bytes
      case .file(let range):
        let count = min(Self.step, range.count - taken)
        guard count > 0 else {
          next += 1
          taken = 0
          continue
        }
        let bytes = try file.read(count, at: range.lowerBound + taken)
        taken += count
        return bytes
      }
    }
    return nil
  }
}
