/// The receiving side of one connection: frames in, messages and control frames out, all rules of RFC 6455 §5–§8.
///
/// A plain value for the connection's slot, all zero at the start. It owns no bytes: the driver gives it the unread
/// bytes and after each event does what the event says; `step.next` is then where the unread bytes begin.
///
/// * `.more`: nothing further; keep the bytes from `step.next` on and offer them again, unchanged, with what follows
///   them. (The payload of the incomplete frame has been unmasked and checked so far; it is not looked at twice.)
/// * `.message`: a whole message in place, unmasked, text checked.
/// * `.part`, `.lastPart`: append the payload to the message under assembly; after the last one deliver it.
/// * `.ping`, `.pong`: see `allowsPing`.
/// * `.close`: answer with `step.code` if `step.answers`, then close the connection. Later bytes are ignored.
/// * `.failure`: send a close frame with `step.code` if `step.answers`, then close. Later bytes are ignored.
///
/// A compressed message has RSV1 in `step.first`; its payload is as it came, and text must be checked once inflated.
@frozen public struct WebSocketReceiver: BitwiseCopyable, Sendable {
  /// Zero in the usual case: between messages, nothing half read, nobody closing.
  @usableFromInline var flags: Flags = []
  /// First byte of the message under assembly, without FIN.
  private var opening: UInt8 = 0
  private var text = WebSocketUTF8()
  /// Payload bytes of the incomplete frame that are already unmasked and checked.
  private var peeked = 0
  /// Payload bytes of the message's earlier frames.
  private var assembled = 0
  /// Leaky bucket of pings: the time at which all received so far are paid for, milliseconds.
  private var pingsPaid: UInt64 = 0
  /// Frames of the message under assembly. Last, so that what follows the receiver in a slot begins right behind it.
  private var fragments: UInt32 = 0

  @frozen @usableFromInline struct Flags: OptionSet, BitwiseCopyable, Sendable {
    @usableFromInline let rawValue: UInt8
    @inlinable init(rawValue: UInt8) { self.rawValue = rawValue }
    @usableFromInline static let fragmented = Flags(rawValue: 1)
    @usableFromInline static let peeked = Flags(rawValue: 2)
    @usableFromInline static let closeSent = Flags(rawValue: 4)
    @usableFromInline static let closed = Flags(rawValue: 8)
  }

  /// What has been received.
  @frozen public enum Event: UInt8, Sendable { case more, message, part, lastPart, ping, pong, close, failure }

  /// Where it is and what it carries.
  @frozen public struct Step: BitwiseCopyable, Sendable {
    /// Offset of the payload (of a close frame: of its reason).
    public var start = 0
    /// Bytes of payload.
    public var length = 0
    /// Offset of the first unread byte.
    public var next = 0
    /// FIN, RSV1 and the opcode of the message: `0x81`, `0x82`, `0xC1`, `0xC2`; for control frames their first byte.
    public var first: UInt8 = 0
    /// Whether a close frame is to be sent for `.close` and `.failure`: false when one has been.
    public var answers = false
    /// The code received (1005 for none) or to fail with.
    public var code = WebSocketCloseCode.noStatus

    /// Starts reading at the beginning of the bytes.
    @inlinable public init() {}
  }

  /// A fresh connection.
  @inlinable public init() {}

  /// Whether data may still be sent and delivered.
  @inlinable public var isOpen: Bool { flags.rawValue & 12 == 0 }
  /// Whether our close frame is out and the peer's is awaited.
  @inlinable public var isClosing: Bool { flags.rawValue & 12 == 4 }
  /// Whether both close frames have passed, or the connection has failed.
  @inlinable public var isClosed: Bool { flags.rawValue & 8 != 0 }

  /// Notes that our close frame is being sent: from now on data is dropped and a close frame awaited.
  public mutating func closeSent() { flags.insert(.closeSent) }

  /// Fails the connection for a reason outside of the frames; returns whether a close frame is still to be sent.
  public mutating func fail() -> Bool {
    defer { flags.insert(.closed) }
    return isOpen
  }

  /// Whether a ping at `now` (milliseconds) is within 20 a second, bursts of 100 allowed; otherwise fail with 1008.
  public mutating func allowsPing(now: UInt64) -> Bool {
    pingsPaid = max(pingsPaid, now) &+ 50
    return pingsPaid &- now <= 5000
  }

  /// Reads the next frame at `step.next`.
  ///
  /// - Parameters:
  ///   - bytes: `count` bytes, unmasked in place; eight addressable bytes must follow them.
  ///   - compression: whether permessage-deflate has been negotiated.
  @inlinable @inline(__always)
  public mutating func next(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, limits: @autoclosure () -> WebSocketLimits,
    compression: @autoclosure () -> Bool, _ step: inout Step
  ) -> Event {
    let at = step.next, have = count &- at
    if have == 0 { return .more }
    // Invariant of every read below: have >= headBytes + length.
    if flags.rawValue == 0, have >= 6 {
      let first = unsafe bytes[at]
      if first == 0x81 || first == 0x82 {
        let raw = unsafe UnsafeMutableRawPointer(bytes + at)
        var length = Int(unsafe bytes[at &+ 1]) &- 0x80, head = 6
        if UInt(bitPattern: length) > 125 {
          // Not masked, 64-bit or bad lengths become -1, above any limit: the full parser decides.
          let long = unsafe Int(UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
          length = length == 126 && long >= 126 ? long : -1
          head = 8
        }
        if have >= head &+ length, UInt(bitPattern: length) <= UInt(bitPattern: limits().maxMessage) {
          let key = unsafe raw.loadUnaligned(fromByteOffset: head &- 4, as: UInt32.self)
          let seen = unsafe WebSocketMasking.apply(raw + head, length, key: key)
          step.start = at &+ head
          step.length = length
          step.next = at &+ head &+ length
          step.first = first
          if seen & WebSocketMasking.highBits == 0 || first == 0x82 { return .message }
          return unsafe checked(bytes, &step)
        }
      }
    }
    return unsafe nextInFull(bytes, count, limits(), compression(), &step)
  }

  @inline(never) @usableFromInline
  mutating func checked(_ bytes: UnsafeMutablePointer<UInt8>, _ step: inout Step) -> Event {
    let payload = unsafe Span(_unsafeStart: UnsafePointer(bytes) + step.start, count: step.length)
    return WebSocketUTF8.isValid(payload) ? .message : fail(.invalidPayload, &step)
  }

  @inline(never) @usableFromInline
  mutating func nextInFull(
    _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limits: WebSocketLimits, _ compression: Bool,
    _ step: inout Step
  ) -> Event {
    while true {
      if flags.contains(.closed) {
        step.next = count  // RFC 6455 §5.5.1: nothing after a close frame means anything.
        return .more
      }
      let at = step.next, have = count - at
      if have < 1 { return .more }
      let first = unsafe bytes[at], opcode = first & 15
      // RFC 6455 §5.4: fragments of different messages do not mix.
      if opcode == 0, !flags.contains(.fragmented) { return fail(.protocolError, &step) }
      if opcode == 1 || opcode == 2, flags.contains(.fragmented) { return fail(.protocolError, &step) }
      let kind = opcode == 0 ? opening : first & 0x4F
      let whole = kind & 0x40 == 0 ? limits.maxMessage : limits.maxCompressed
      var head = WebSocketFrameHead()
      let outcome = unsafe head.parse(bytes + at, have, compression: compression, limit: whole &- assembled)
      switch outcome {
      case .more: return .more
      case .protocolError: return fail(.protocolError, &step)
      case .tooLarge: return fail(.messageTooBig, &step)
      case .complete: break
      }
      if opcode < 8, Int(fragments) >= limits.maxFragments { return fail(.messageTooBig, &step) }
      if opcode >= 8 {
        let end = head.headBytes + head.length
        if have < end { return .more }
        step.start = at + head.headBytes
        step.length = head.length
        step.first = first
        step.next = at + end
        _ = unsafe WebSocketMasking.apply(bytes + step.start, head.length, key: head.mask)
        return unsafe control(bytes, &step)
      }
      if let event = unsafe data(bytes, have, head, kind, &step) { return event }
    }
  }

  private mutating func control(_ bytes: UnsafeMutablePointer<UInt8>, _ step: inout Step) -> Event {
    switch step.first & 15 {
    case WebSocketOpcode.ping: return .ping
    case WebSocketOpcode.pong: return .pong
    default:
      let payload = unsafe Span(_unsafeStart: UnsafePointer(bytes) + step.start, count: step.length)
      switch WebSocketClosePayload.parse(payload) {
      case .failure(let code): return fail(code, &step)
      case .received(let code):
        step.code = code
        step.answers = !flags.contains(.closeSent)
        step.start += min(2, step.length)
        step.length = max(0, step.length - 2)
        flags.insert(.closed)
        return .close
      }
    }
  }

  /// A data frame with a complete head: unmasks and checks what is there of its payload. nil: dropped, go on.
  private mutating func data(
    _ bytes: UnsafeMutablePointer<UInt8>, _ have: Int, _ head: WebSocketFrameHead, _ kind: UInt8, _ step: inout Step
  ) -> Event? {
    let start = step.next + head.headBytes
    let present = min(head.length, have - head.headBytes)
    if present > peeked {
      let key = WebSocketMasking.key(head.mask, after: peeked)
      let fresh = unsafe bytes + (start + peeked), count = present - peeked
      let seen = unsafe WebSocketMasking.apply(fresh, count, key: key)
      peeked = present
      if kind == WebSocketOpcode.text, seen & WebSocketMasking.highBits != 0 || !text.isAtBorder {
        // RFC 6455 §8.1, as early as it can be known.
        let piece = unsafe Span(_unsafeStart: UnsafePointer(fresh), count: count)
        if !text.feed(piece) { return fail(.invalidPayload, &step) }
      }
    }
    if present < head.length {
      flags.insert(.peeked)
      return .more
    }
    let last = head.first & WebSocketOpcode.fin != 0
    if last, !text.isAtBorder { return fail(.invalidPayload, &step) }
    step.start = start
    step.length = head.length
    step.first = kind | WebSocketOpcode.fin
    step.next = start + head.length
    peeked = 0
    flags.remove(.peeked)
    let single = last && !flags.contains(.fragmented)
    if last {
      flags.remove(.fragmented)
      (opening, assembled, fragments) = (0, 0, 0)
    } else {
      flags.insert(.fragmented)
      opening = kind
      assembled += head.length
      fragments += 1
    }
    if flags.contains(.closeSent) { return nil }
    return single ? .message : last ? .lastPart : .part
  }

  private mutating func fail(_ code: WebSocketCloseCode, _ step: inout Step) -> Event {
    step.code = code
    step.answers = !flags.contains(.closeSent)
    flags.insert(.closed)
    return .failure
  }
}
