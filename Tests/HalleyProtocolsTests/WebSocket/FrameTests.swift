import HalleyProtocols
import Testing

@Suite("RFC 6455 §5: frames")
struct FrameTests {
  struct Vector: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var seen: [Seen]
    var section: String
    var testDescription: String { "\(name) (\(section))" }
  }

  static let good: [Vector] = [
    Vector(
      name: "masked Hello", bytes: [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58],
      seen: [.message(0x81, Array("Hello".utf8))], section: "§5.7"),
    Vector(name: "empty text", bytes: frame(0x81, []), seen: [.message(0x81, [])], section: "§5.2"),
    Vector(name: "empty binary", bytes: frame(0x82, []), seen: [.message(0x82, [])], section: "§5.2"),
    Vector(
      name: "two fragments", bytes: frame(0x01, "Hel".utf8) + frame(0x80, "lo".utf8),
      seen: [.message(0x81, Array("Hello".utf8))], section: "§5.4"),
    Vector(
      name: "empty fragments around", bytes: frame(0x02, []) + frame(0x00, [7]) + frame(0x00, []) + frame(0x80, []),
      seen: [.message(0x82, [7])], section: "§5.4"),
    Vector(
      name: "ping between fragments", bytes: frame(0x01, "Hel".utf8) + frame(0x89, [1, 2]) + frame(0x80, "lo".utf8),
      seen: [.ping([1, 2]), .message(0x81, Array("Hello".utf8))], section: "§5.4"),
    Vector(name: "pong nobody asked for", bytes: frame(0x8A, [9]), seen: [.pong([9])], section: "§5.5.3"),
    Vector(
      name: "ping of 125", bytes: frame(0x89, [UInt8](repeating: 3, count: 125)),
      seen: [.ping([UInt8](repeating: 3, count: 125))], section: "§5.5"),
    Vector(
      name: "several in one read", bytes: frame(0x82, [1]) + frame(0x81, "zwei ü".utf8) + frame(0x82, [3]),
      seen: [.message(0x82, [1]), .message(0x81, Array("zwei ü".utf8)), .message(0x82, [3])], section: "§5.2"),
    Vector(
      name: "bytes after close", bytes: frame(0x88, [3, 0xE8]) + frame(0x81, "late".utf8) + [0xFF, 0xFF],
      seen: [.close(1000)], section: "§5.5.1"),
    Vector(
      name: "close within a message", bytes: frame(0x01, "a".utf8) + frame(0x88, []), seen: [.close(1005)],
      section: "§5.4"),
  ]

  static let bad: [Vector] = [
    Vector(name: "unmasked", bytes: [0x81, 0x01, 0x41], seen: [.failure(1002)], section: "§5.1"),
    Vector(name: "RSV1", bytes: frame(0xC1, [1]), seen: [.failure(1002)], section: "§5.2"),
    Vector(name: "RSV2", bytes: frame(0xA1, [1]), seen: [.failure(1002)], section: "§5.2"),
    Vector(name: "RSV3", bytes: frame(0x91, [1]), seen: [.failure(1002)], section: "§5.2"),
    Vector(name: "ping without FIN", bytes: frame(0x09, []), seen: [.failure(1002)], section: "§5.5"),
    Vector(
      name: "ping of 126", bytes: frame(0x89, [UInt8](repeating: 0, count: 126)), seen: [.failure(1002)],
      section: "§5.5"),
    Vector(
      name: "125 in two bytes", bytes: [0x82, 0xFE, 0, 125] + [UInt8](repeating: 0, count: 129),
      seen: [.failure(1002)], section: "§5.2"),
    Vector(
      name: "65535 in eight bytes", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0],
      seen: [.failure(1002)], section: "§5.2"),
    Vector(
      name: "top bit of the length", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      seen: [.failure(1002)], section: "§5.2"),
    Vector(
      name: "2^63 - 1", bytes: [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
      seen: [.failure(1009)], section: "§10.4"),
    Vector(
      name: "2^31", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0], seen: [.failure(1009)],
      section: "§10.4"),
    Vector(name: "continuation of nothing", bytes: frame(0x80, [1]), seen: [.failure(1002)], section: "§5.4"),
    Vector(
      name: "message within a message", bytes: frame(0x01, [0x61]) + frame(0x81, [0x62]), seen: [.failure(1002)],
      section: "§5.4"),
    Vector(
      name: "good, then bad", bytes: frame(0x82, [5]) + frame(0x83, []), seen: [.message(0x82, [5]), .failure(1002)],
      section: "§5.2"),
  ]

  @Test("every cut gives the same", arguments: good + bad)
  func everyCut(_ vector: Vector) {
    for chunks in cuts(vector.bytes) { #expect(transcript(chunks) == vector.seen, "cut \(chunks.map(\.count))") }
  }

  @Test("reserved opcodes", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
  func reserved(_ opcode: UInt8) {
    for chunks in cuts(frame(0x80 | opcode, [])) { #expect(transcript(chunks) == [.failure(1002)]) }
  }

  @Test(
    "a bad first or second byte is enough", arguments: [[0x83], [0x80], [0xF1], [0x09], [0x81, 0x05], [0x89, 0xFE]])
  func early(_ bytes: [UInt8]) { #expect(transcript([bytes]) == [.failure(1002)]) }

  @Test("the length field alone is enough")
  func tooLargeEarly() {
    #expect(transcript([[0x82, 0xFE, 0x01, 0x01]], limits: WebSocketLimits(maxMessage: 256)) == [.failure(1009)])
    #expect(transcript([[0x82, 0xFF, 0x80]]) == [.failure(1002)])
  }

  @Test("payload lengths, limit and limit + 1", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
  func lengths(_ count: Int) {
    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    for first in [0x82, 0x81] as [UInt8] {
      let body = first == 0x81 ? payload.map { $0 & 0x7F } : payload
      let bytes = frame(first, body), limit = WebSocketLimits(maxMessage: count)
      for chunks in cuts(bytes).prefix(count > 1000 ? 40 : 1000) {
        #expect(transcript(chunks, limits: limit) == [.message(first, body)])
      }
      if count > 0 {
        #expect(transcript([bytes], limits: WebSocketLimits(maxMessage: count - 1)) == [.failure(1009)])
      }
    }
  }

  @Test("a server's frames", arguments: [0, 1, 125, 126, 65_535, 65_536])
  func encode(_ count: Int) {
    let payload = [UInt8](repeating: 0x5A, count: count)
    var head = [UInt8](repeating: 0, count: 10)
    let n = head.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { WebSocketFrameHead.write($0, first: 0x82, count: count) } ?? 0
    }
    #expect(Array(head.prefix(n)) + payload == WebSocketFrameEncoder.encode(0x82, payload))
  }

  @Test("masking in pieces is masking at once")
  func maskingInPieces() {
    let plain = (0..<64).map { UInt8($0) }
    for cut in 0...40 {
      var bytes = plain + [UInt8](repeating: 0, count: 8)
      bytes.withUnsafeMutableBytes { raw in
        guard let p = raw.baseAddress else { return }
        _ = WebSocketMasking.apply(p, cut, key: 0x9A41_77C3)
        _ = WebSocketMasking.apply(p + cut, 64 - cut, key: WebSocketMasking.key(0x9A41_77C3, after: cut))
        #expect(WebSocketMasking.apply(p, 64, key: 0x9A41_77C3) & WebSocketMasking.highBits == 0)
      }
      #expect(Array(bytes.prefix(64)) == plain)
    }
  }
}
