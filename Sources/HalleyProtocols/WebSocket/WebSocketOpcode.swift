/// The opcodes of RFC 6455 §5.2 and the bits around them in a frame's first byte.
///
/// Plain constants, not an enum: the first byte of a frame is compared and passed on as it is.
@frozen public enum WebSocketOpcode {
  /// A further fragment of the message that is being sent.
  @inlinable public static var continuation: UInt8 { 0x0 }
  /// A text message; its payload is UTF-8.
  @inlinable public static var text: UInt8 { 0x1 }
  /// A binary message.
  @inlinable public static var binary: UInt8 { 0x2 }
  /// The closing handshake (§5.5.1).
  @inlinable public static var close: UInt8 { 0x8 }
  /// A ping (§5.5.2).
  @inlinable public static var ping: UInt8 { 0x9 }
  /// A pong (§5.5.3).
  @inlinable public static var pong: UInt8 { 0xA }
  /// The bit that ends a message.
  @inlinable public static var fin: UInt8 { 0x80 }
  /// The bit that marks a compressed message (RFC 7692 §6).
  @inlinable public static var rsv1: UInt8 { 0x40 }
}
