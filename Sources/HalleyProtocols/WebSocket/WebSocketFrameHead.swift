/// The head of a frame (RFC 6455 §5.2) and the two functions that read and write it.
///
/// ```
///  byte 0: FIN RSV1 RSV2 RSV3 opcode(4)    byte 1: MASK length(7)
///  length 126: 2 more bytes, 127: 8 more bytes, big-endian; then 4 bytes of masking key if MASK
/// ```
@frozen public struct WebSocketFrameHead: BitwiseCopyable, Sendable {
  /// Payload length in bytes; at most the limit given to `parse`.
  public var length = 0
  /// Length of the head itself: 6, 8 or 14.
  public var headBytes = 0
  /// Masking key in memory order.
  public var mask: UInt32 = 0
  /// FIN, RSV bits and opcode.
  public var first: UInt8 = 0

  /// An empty head, to be filled by `parse`.
  @inlinable public init() {}

  /// What `parse` made of the bytes.
  @frozen public enum Outcome: UInt8, Sendable {
    /// The head is filled.
    case complete
    /// The bytes so far are the beginning of a good head.
    case more
    /// Fail the connection with 1002.
    case protocolError
    /// Fail the connection with 1009.
    case tooLarge
  }

  /// Reads the head of a client's frame. The verdict falls on the earliest byte that allows it, so it does not depend
  /// on how the bytes are cut.
  ///
  /// - Parameters:
  ///   - p: `n` readable bytes; `n` may be 0.
  ///   - compression: whether RSV1 may be set on the first frame of a message.
  ///   - limit: largest payload of a data frame, judged from the length field.
  public mutating func parse(_ p: UnsafePointer<UInt8>, _ n: Int, compression: Bool, limit: Int) -> Outcome {
    if n < 1 { return .more }
    let b0 = unsafe p[0], opcode = b0 & 15, control = opcode >= 8
    // RFC 6455 §5.2: RSV bits without a negotiated meaning, and unknown opcodes, fail the connection.
    if b0 & 0x30 != 0 || (opcode > 2 && opcode < 8) || opcode > 10 { return .protocolError }
    // RFC 7692 §6.1: RSV1 belongs to the first frame of a message only.
    if b0 & 0x40 != 0, !compression || control || opcode == 0 { return .protocolError }
    // RFC 6455 §5.5: control frames are not fragmented.
    if control, b0 & 0x80 == 0 { return .protocolError }
    if n < 2 { return .more }
    let b1 = unsafe p[1]
    // RFC 6455 §5.1: a client's frames are masked.
    if b1 & 0x80 == 0 { return .protocolError }
    let short = Int(b1 & 0x7f)
    // RFC 6455 §5.5: control payloads are at most 125 bytes.
    if control, short > 125 { return .protocolError }
    let raw = unsafe UnsafeRawPointer(p)
    var extended = 0
    if short < 126 {
      length = short
    } else if short == 126 {
      if n < 4 { return .more }
      length = unsafe Int(UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      // RFC 6455 §5.2: the shortest form must be used.
      if length < 126 { return .protocolError }
      extended = 2
    } else {
      // RFC 6455 §5.2: the most significant bit is 0.
      if n > 2, unsafe p[2] & 0x80 != 0 { return .protocolError }
      if n < 10 { return .more }
      let long = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
      if long < 65536 { return .protocolError }
      length = Int(truncatingIfNeeded: long)  // the top bit is clear
      extended = 8
    }
    if !control, length > limit { return .tooLarge }
    headBytes = 6 &+ extended
    if n < headBytes { return .more }
    mask = unsafe raw.loadUnaligned(fromByteOffset: 2 &+ extended, as: UInt32.self)
    first = b0
    return .complete
  }

  /// Writes the head of a server's frame, unmasked, to at least 10 writable bytes; returns its length: 2, 4 or 10.
  @inlinable @inline(__always)
  public static func write(_ p: UnsafeMutablePointer<UInt8>, first: UInt8, count n: Int) -> Int {
    unsafe p[0] = first
    if n < 126 {
      unsafe p[1] = UInt8(truncatingIfNeeded: n)
      return 2
    }
    let raw = UnsafeMutableRawPointer(p)
    if n < 65536 {
      unsafe p[1] = 126
      unsafe raw.storeBytes(of: UInt16(truncatingIfNeeded: n).bigEndian, toByteOffset: 2, as: UInt16.self)
      return 4
    }
    unsafe p[1] = 127
    unsafe raw.storeBytes(of: UInt64(truncatingIfNeeded: n).bigEndian, toByteOffset: 2, as: UInt64.self)
    return 10
  }
}

extension ByteWriter {
  /// The head of a server's frame, at most 10 bytes.
  public mutating func frameHead(_ first: UInt8, count: Int) {
    // The bytes of a head as one word, lowest first.
    if count < 126 {
      append(littleEndian: UInt16(first) | UInt16(truncatingIfNeeded: count) << 8)
    } else if count < 65536 {
      let size = UInt16(truncatingIfNeeded: count).byteSwapped
      append(littleEndian: UInt32(first) | 126 << 8 | UInt32(size) << 16)
    } else {
      append(littleEndian: UInt16(first) | 127 << 8)
      append(bigEndian: UInt64(truncatingIfNeeded: count))
    }
  }
}
