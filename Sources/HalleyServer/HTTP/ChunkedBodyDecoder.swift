/// Decodes a chunked body, strictly (RFC 9112 §7.1): `1*HEXDIG CRLF data CRLF`, a last chunk of zero, trailers.
///
/// What other decoders let through is refused, because two readings of one body are two requests: bare LF, signs,
/// spaces, `0x`, data without its line end. Chunk extensions are refused too (the RFC lets a recipient bound them; no
/// browser sends any). Trailers are checked for line ends, bounded and dropped; they never join the fields.
struct ChunkedBodyDecoder: Sendable {
  enum Progress: Equatable {
    /// All bytes are taken and more are needed.
    case more
    /// The body ended after `consumed` bytes.
    case complete(consumed: Int)
    /// 400.
    case malformed
    /// 413: decoded body or trailers over their limit.
    case tooLarge
  }

  private enum State {
    case size, sizeLineFeed, data, dataReturn, dataLineFeed
    case trailerStart, trailer, trailerLineFeed, lastLineFeed
  }

  private var state = State.size
  private var size = 0
  private var digits = 0
  private var trailerBytes = 0

  /// Takes bytes in the order they arrive and appends the decoded ones to `body`.
  mutating func decode(_ bytes: Span<UInt8>, into body: inout [UInt8], limit: Int, trailerLimit: Int) -> Progress {
    var at = 0
    while at < bytes.count {
      if state == .data {
        let count = min(size, bytes.count - at)
        let piece = bytes.extracting(at..<at + count)
        for index in piece.indices { body.append(piece[index]) }
        size -= count
        at += count
        if size == 0 { state = .dataReturn }
        continue
      }
      let byte = bytes[at]
      at += 1
      switch state {
      case .data: break
      case .size:
        if let digit = Self.hexValue(byte) {
          // Sixteen digits fit 64 bits; leading zeros count, so a line of them ends too.
          digits += 1
          if digits > 15 { return .malformed }
          size = size << 4 | digit
          if size > limit - body.count { return .tooLarge }
        } else if byte == 0x0D, digits > 0 {
          state = .sizeLineFeed
        } else {
          return .malformed
        }
      case .sizeLineFeed:
        if byte != 0x0A { return .malformed }
        state = size == 0 ? .trailerStart : .data
        digits = 0
      case .dataReturn:
        if byte != 0x0D { return .malformed }
        state = .dataLineFeed
      case .dataLineFeed:
        if byte != 0x0A { return .malformed }
        state = .size
      case .trailerStart:
        if byte == 0x0D {
          state = .lastLineFeed
        } else if !Self.isText(byte) || byte == 0x20 || byte == 0x09 {
          return .malformed
        } else {
          state = .trailer
          // The two bytes before this one ended a line.
          trailerBytes += 3
        }
      case .trailer:
        trailerBytes += 1
        if trailerBytes > trailerLimit { return .tooLarge }
        if byte == 0x0D {
          state = .trailerLineFeed
        } else if !Self.isText(byte) {
          return .malformed
        }
      case .trailerLineFeed:
        if byte != 0x0A { return .malformed }
        state = .trailerStart
      case .lastLineFeed:
        return byte == 0x0A ? .complete(consumed: at) : .malformed
      }
    }
    return .more
  }

  private static func hexValue(_ byte: UInt8) -> Int? {
    switch byte {
    case 0x30...0x39: Int(byte) - 0x30
    case 0x41...0x46: Int(byte) - 0x41 + 10
    case 0x61...0x66: Int(byte) - 0x61 + 10
    default: nil
    }
  }

  private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }
}
