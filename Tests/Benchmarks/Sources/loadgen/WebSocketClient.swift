import Glibc

/// The client's side of RFC 6455, as far as a load needs it.
enum WebSocketClient {
  /// The request of the handshake. The key is a constant: the server must not care.
  static func handshake(path: String, host: String) -> [UInt8] {
    Array(
      """
      GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
      """.utf8)
  }

  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// One frame from the server.
  struct Frame {
    var opcode: UInt8
    var payload: Int
    var end: Int
  }

  /// The frame at the start of `bytes`; nil when it is not complete.
  static func frame(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> Frame? {
    if count < 2 { return nil }
    if bytes[1] & 0x80 != 0 { throw LoadError.protocolViolation("a masked frame") }
    if bytes[0] & 0xF0 != 0x80 { throw LoadError.protocolViolation("a fragment or a reserved bit") }
    var length = Int(bytes[1])
    var head = 2
    if length == 126 {
      if count < 4 { return nil }
      length = Int(bytes[2]) << 8 | Int(bytes[3])
      head = 4
    } else if length == 127 {
      if count < 10 { return nil }
      length = 0
      for i in 6..<10 { length = length << 8 | Int(bytes[i]) }
      head = 10
    }
    if count - head < length { return nil }
    return Frame(opcode: bytes[0] & 15, payload: head, end: head + length)
  }

  static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  /// A masked frame.
  static func frame(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [0x80 | opcode]
    switch payload.count {
    case ..<126: frame.append(0x80 | UInt8(payload.count))
    case ..<65536: frame += [0xFE, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
    default: frame += [0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
    }
    frame += mask
    for (i, byte) in payload.enumerated() { frame.append(byte ^ mask[i & 3]) }
    return frame
  }
}

/// A masked text frame with a numbered payload, of which only the digits change from message to message.
struct FrameTemplate {
  private(set) var bytes: [UInt8]
  private let digits: Int

  init(_ payload: NumberedPayload) {
    bytes = WebSocketClient.frame(opcode: 1, payload.bytes(0))
    digits = bytes.count - payload.size + 1
  }

  mutating func set(_ number: Int) {
    var rest = number
    for i in stride(from: 9, through: 0, by: -1) {
      bytes[digits + i] = (UInt8(ascii: "0") + UInt8(rest % 10)) ^ WebSocketClient.mask[(i + 1) & 3]
      rest /= 10
    }
  }
}
