/// Whole frames as arrays: for frames that are rare, for tests and for clients.
public enum WebSocketFrameEncoder {
  /// One frame.
  ///
  /// - Parameters:
  ///   - first: FIN, RSV bits and opcode, sent as given.
  ///   - key: a masking key for a client's frame (RFC 6455 §5.3); nil for a server's.
  public static func encode(_ first: UInt8, _ payload: some Collection<UInt8>, key: [4 of UInt8]? = nil) -> [UInt8] {
    let count = payload.count
    var frame: [UInt8] = []
    frame.reserveCapacity(count + 14)
    frame.append(first)
    let masked: UInt8 = key == nil ? 0 : 0x80
    if count < 126 {
      frame.append(masked | UInt8(count))
    } else if count < 65536 {
      frame.append(masked | 126)
      append(UInt64(count), bytes: 2, to: &frame)
    } else {
      frame.append(masked | 127)
      append(UInt64(count), bytes: 8, to: &frame)
    }
    guard let key else {
      frame.append(contentsOf: payload)
      return frame
    }
    for i in key.indices { frame.append(key[i]) }
    for (i, byte) in payload.enumerated() { frame.append(byte ^ key[i & 3]) }
    return frame
  }

  private static func append(_ value: UInt64, bytes: Int, to frame: inout [UInt8]) {
    for i in (0..<bytes).reversed() { frame.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
  }
}
