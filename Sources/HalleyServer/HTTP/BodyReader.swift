internal import HalleyProtocols

/// Reads the body of one request as its head frames it (RFC 9112 §6).
struct BodyReader: Sendable {
  enum Progress: Equatable {
    /// All bytes are taken and more are needed.
    case more
    /// The body ended after `consumed` bytes.
    case complete(consumed: Int)
    /// Answer with this status and code.
    case refused(status: Int, code: String)
  }

  private enum Framing {
    case counted(left: Int)
    case chunked(ChunkedBodyDecoder)
  }

  private var framing: Framing
  private let limit: Int
  private let trailerLimit: Int
  /// Bytes the deadline allows for: the declared length, or what has come so far.
  private(set) var size: Int

  /// A reader for the body that `head` announces; nil if there is none.
  init?(_ head: HTTPRequestHead, limits: HTTPLimits, limit: Int) {
    self.limit = limit
    trailerLimit = limits.head.maxFieldSection
    if head.isChunked {
      framing = .chunked(ChunkedBodyDecoder())
      size = 0
    } else if let length = head.contentLength, length > 0 {
      framing = .counted(left: length)
      size = length
    } else {
      return nil
    }
  }

  /// Whether the announced length is over the limit, so that not one byte of it need be read.
  var isTooLarge: Bool {
    if case .counted(let left) = framing { left > limit } else { false }
  }

  /// Takes bytes in the order they arrive and appends what they carry to `body`.
  mutating func read(_ bytes: Span<UInt8>, into body: inout [UInt8]) -> Progress {
    switch framing {
    case .counted(let left):
      let count = min(left, bytes.count)
      // Grows with what has come, not with what was announced.
      body.reserveCapacity(body.count + count)
      for index in 0..<count { body.append(bytes[index]) }
      framing = .counted(left: left - count)
      return left == count ? .complete(consumed: count) : .more
    case .chunked(var decoder):
      let progress = decoder.decode(bytes, into: &body, limit: limit, trailerLimit: trailerLimit)
      framing = .chunked(decoder)
      size = body.count
      switch progress {
      case .more: return .more
      case .complete(let consumed): return .complete(consumed: consumed)
      case .malformed: return .refused(status: 400, code: "malformed_chunk")
      case .tooLarge: return .refused(status: 413, code: "body_too_large")
      }
    }
  }
}
