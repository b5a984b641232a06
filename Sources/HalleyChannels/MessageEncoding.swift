import HalleyProtocols

/// The wire forms of a message that subscribers can share.
///
/// Forms that name other channels' positions (joined cursors) are not among them: those differ by subscriber.
package enum MessageEncoding: Int, Sendable, CaseIterable {
  /// An unmasked WebSocket frame around the payload alone.
  case webSocketRaw
  /// A WebSocket text frame around the `message` frame of `halley.v1`.
  case webSocketFramed
  /// An event-stream block.
  case eventStream
  /// The same in one HTTP chunk.
  case eventStreamChunk
  /// An event-stream block whose data is the `message` frame (`format=frames`).
  case eventStreamFrames
  /// The same in one HTTP chunk.
  case eventStreamFramesChunk
  /// The `message` frame and a line feed.
  case line
  /// The same in one HTTP chunk.
  case lineChunk
  /// The message as an element of a poll's `messages`.
  case pollObject
  /// The `message` frame with everything escaped that could end a script. What calls it differs by subscriber.
  case scriptFrame
}

/// The forms of one message made so far.
struct MessageForms {
  // No form is ever empty, so an empty array says "not made yet".
  private var forms = InlineArray<10, [UInt8]>(repeating: [])

  /// The form, made on the first call.
  mutating func form(_ encoding: MessageEncoding, of message: Message) -> [UInt8] {
    if forms[encoding.rawValue].isEmpty { forms[encoding.rawValue] = encode(encoding, message) }
    return forms[encoding.rawValue]
  }

  private mutating func encode(_ encoding: MessageEncoding, _ message: Message) -> [UInt8] {
    switch encoding {
    case .webSocketRaw:
      let opcode = message.kind == .binary ? WebSocketOpcode.binary : WebSocketOpcode.text
      return WebSocketFrameEncoder.encode(WebSocketOpcode.fin | opcode, message.payload)
    case .webSocketFramed:
      return WebSocketFrameEncoder.encode(WebSocketOpcode.fin | WebSocketOpcode.text, frame(message))
    case .eventStream:
      let data = message.kind == .binary ? Base64.encode(message.payload) : message.payload
      return EventStreamEncoder.block(id: message.id.description, event: message.event, data: data)
    case .eventStreamFrames: return EventStreamEncoder.block(id: message.id.description, data: frame(message))
    case .line: return frame(message) + [0x0A]
    case .pollObject: return MessageObject.encode(message)
    case .scriptFrame: return JSONString.scriptSafe(frame(message))
    case .eventStreamChunk: return HTTPChunk.encode(form(.eventStream, of: message))
    case .eventStreamFramesChunk: return HTTPChunk.encode(form(.eventStreamFrames, of: message))
    case .lineChunk: return HTTPChunk.encode(form(.line, of: message))
    }
  }

  /// The `message` frame: the poll's object with its type in front.
  private mutating func frame(_ message: Message) -> [UInt8] {
    Array(#"{"type":"message","#.utf8) + form(.pollObject, of: message).dropFirst()
  }
}
