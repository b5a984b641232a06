/// Writes bytes one behind the other into memory that the caller has measured: the encoders' way into a run that many
/// connections share, without an array in between.
///
/// Nothing is written beyond the capacity: an encoder that needs more than its caller has foreseen traps, so every
/// `most` that is named for an encoder must hold for all inputs.
@frozen @safe public struct ByteWriter: ~Copyable {
  // Invariant: `written <= capacity`, and `start` has room for `capacity` bytes as long as the writer is used.
  @usableFromInline let start: UnsafeMutablePointer<UInt8>
  /// Bytes that fit.
  public let capacity: Int
  /// Bytes that have been written.
  public var count: Int { written }
  @usableFromInline var written = 0

  /// A writer over `capacity` bytes, which must outlive it.
  @unsafe @inlinable public init(_ start: UnsafeMutablePointer<UInt8>, capacity: Int) {
    unsafe self.start = unsafe start
    self.capacity = capacity
  }

  /// What `write` writes, in an array of exactly that size.
  /// - Parameter most: no fewer bytes than `write` can write.
  public static func array(most: Int, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
    unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(most, 1)) { room in
      guard let start = room.baseAddress else { return [] }
      var writer = unsafe ByteWriter(start, capacity: most)
      write(&writer)
      return unsafe Array(UnsafeBufferPointer(start: start, count: writer.count))
    }
  }

  /// One byte.
  @inlinable public mutating func append(_ byte: UInt8) {
    unsafe reserve(1).pointee = byte
  }

  /// A constant.
  @inlinable public mutating func append(_ text: StaticString) {
    unsafe reserve(text.utf8CodeUnitCount).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  /// Any bytes.
  @inlinable public mutating func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe append($0) }
  }

  /// Any bytes.
  @inlinable public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let from = bytes.baseAddress else { return }
    unsafe reserve(bytes.count).update(from: from, count: bytes.count)
  }

  /// A number from 0 up, in decimal; at most 19 bytes.
  public mutating func append(decimal value: Int) {
    var digits = 1
    var rest = value
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    let to = unsafe reserve(digits)
    rest = value
    while digits > 0 {
      digits -= 1
      unsafe to[digits] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// The bytes of a word, highest first.
  @inlinable public mutating func append<Word: FixedWidthInteger & BitwiseCopyable>(bigEndian word: Word) {
    let place = unsafe UnsafeMutableRawPointer(reserve(MemoryLayout<Word>.size))
    unsafe place.storeBytes(of: word.bigEndian, as: Word.self)
  }

  /// The bytes of a word, lowest first.
  @inlinable public mutating func append<Word: FixedWidthInteger & BitwiseCopyable>(littleEndian word: Word) {
    append(bigEndian: word.byteSwapped)
  }

  /// What `body` writes as one chunk (RFC 9112 §7.1), at most 20 bytes more; nothing if it writes nothing, since an
  /// empty chunk ends the body.
  public mutating func chunk(_ body: (inout ByteWriter) -> Void) {
    let isEmpty = prefixed(by: 18, body) { head, count in
      if count == 0 { return }
      for place in (0..<(Int.bitWidth - count.leadingZeroBitCount + 3) / 4).reversed() {
        let nibble = UInt8(truncatingIfNeeded: count >> (4 * place) & 15)
        head.append(nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble)
      }
      head.append("\r\n")
    }
    if !isEmpty { append("\r\n") }
  }

  /// What `body` writes as a server's frame of a WebSocket, at most 10 bytes more.
  public mutating func frame(_ first: UInt8, _ body: (inout ByteWriter) -> Void) {
    _ = prefixed(by: 10, body) { head, count in head.frameHead(first, count: count) }
  }

  /// What `body` writes, behind a head that tells its length. The body is moved up to its head when both are there.
  /// Returns whether there was no body.
  private mutating func prefixed(
    by longest: Int, _ body: (inout ByteWriter) -> Void, _ head: (inout ByteWriter, Int) -> Void
  ) -> Bool {
    let from = count
    _ = unsafe reserve(longest)
    body(&self)
    let size = count - from - longest
    written = from
    head(&self, size)
    unsafe (start + count).update(from: start + from + longest, count: size)
    written += size
    return size == 0
  }

  /// Room for `size` more bytes, which count as written.
  @inlinable mutating func reserve(_ size: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(size <= capacity &- written, "more bytes than were foreseen")
    defer { written &+= size }
    return unsafe start + written
  }
}
