import HalleyProtocols
import Testing

/// What a connection sees of a byte stream, however it was cut.
enum Seen: Equatable {
  case message(UInt8, [UInt8])
  case ping([UInt8])
  case pong([UInt8])
  case close(UInt16)
  case failure(UInt16)
}

/// Feeds `chunks` as a loop would: unread bytes stay in place and come back in front of the next chunk.
func transcript(
  _ chunks: [[UInt8]], limits: WebSocketLimits = WebSocketLimits(), compression: Bool = false
) -> [Seen] {
  var receiver = WebSocketReceiver()
  var unread: [UInt8] = [], assembly: [UInt8] = [], seen: [Seen] = []
  for chunk in chunks {
    unread += chunk
    let count = unread.count
    unread += [UInt8](repeating: 0xEE, count: 8)
    var step = WebSocketReceiver.Step()
    unread.withUnsafeMutableBufferPointer { buffer in
      guard let bytes = buffer.baseAddress else { return }
      func payload() -> [UInt8] { Array(buffer[step.start..<(step.start + step.length)]) }
      loop: while true {
        switch receiver.next(bytes, count, limits: limits, compression: compression, &step) {
        case .more: break loop
        case .message: seen.append(.message(step.first, payload()))
        case .part: assembly += payload()
        case .lastPart:
          seen.append(.message(step.first, assembly + payload()))
          assembly = []
        case .ping: seen.append(.ping(payload()))
        case .pong: seen.append(.pong(payload()))
        case .close: seen.append(.close(step.code.rawValue))
        case .failure: seen.append(.failure(step.code.rawValue))
        }
      }
      #expect(buffer[count...].allSatisfy { $0 == 0xEE }, "the padding is left as it was")
    }
    unread.removeLast(8)
    unread.removeFirst(step.next)
  }
  return seen
}

/// Whole, byte by byte, and cut once at every position (positions are thinned out for long inputs).
func cuts(_ bytes: [UInt8]) -> [[[UInt8]]] {
  var all = [[bytes]]
  if bytes.count < 20_000 { all.append(bytes.map { [$0] }) }
  let stride = max(1, bytes.count / 600)
  for at in Swift.stride(from: 0, through: bytes.count, by: stride) {
    all.append([Array(bytes[..<at]), Array(bytes[at...])])
  }
  return all
}

let key: [4 of UInt8] = [0x37, 0xFA, 0x21, 0x3D]

func frame(_ first: UInt8, _ payload: some Collection<UInt8>) -> [UInt8] {
  WebSocketFrameEncoder.encode(first, payload, key: key)
}
