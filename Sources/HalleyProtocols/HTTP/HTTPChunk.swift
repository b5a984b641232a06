/// The chunked transfer coding of a stream (RFC 9112 §7.1).
public enum HTTPChunk {
  /// One chunk around the bytes; nothing for no bytes, since an empty chunk ends the body.
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    ByteWriter.array(most: bytes.count + 20) { out in out.chunk { $0.append(bytes) } }
  }

  /// The chunk that ends a body.
  public static let last: [UInt8] = Array("0\r\n\r\n".utf8)
}
