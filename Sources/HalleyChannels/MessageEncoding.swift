import HalleyProtocols

/// The wire forms of a message.
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
    case .pollObject: MessageObject.encode(message)
    case .eventStreamChunk: HTTPChunk.encode(form(.eventStream, of: message))
    case .eventStreamFramesChunk: HTTPChunk.encode(form(.eventStreamFrames, of: message))
    case .lineChunk: HTTPChunk.encode(form(.line, of: message))
    default:
      Self.encode(encoding, message, id: message.id.description, object: form(.pollObject, of: message))
    }
  }

  /// A form for subscribers of several channels, where `cursor` takes the place of the id.
  static func encode(
    _ encoding: MessageEncoding, _ message: Message, in channel: String, at cursor: String
  ) -> [UInt8] {
    let object = MessageObject.encode(message, channel: channel, cursor: cursor)
    return encode(encoding, message, id: cursor, object: object)
  }

  /// - Parameter object: the frame without its type; not asked for by forms that carry the payload alone.
  private static func encode(
    _ encoding: MessageEncoding, _ message: Message, id: String, object: @autoclosure () -> [UInt8]
  ) -> [UInt8] {
    switch encoding {
    case .webSocketRaw:
      let opcode = message.kind == .binary ? WebSocketOpcode.binary : WebSocketOpcode.text
      return WebSocketFrameEncoder.encode(WebSocketOpcode.fin | opcode, message.payload)
    case .webSocketFramed:
      return WebSocketFrameEncoder.encode(WebSocketOpcode.fin | WebSocketOpcode.text, frame(object()))
    case .eventStream:
      let data = message.kind == .binary ? Base64.encode(message.payload) : message.payload
      return EventStreamEncoder.block(id: id, event: message.event, data: data)
    case .eventStreamFrames: return EventStreamEncoder.block(id: id, data: frame(object()))
    case .line: return frame(object()) + [0x0A]
    case .pollObject: return object()
    case .scriptFrame: return JSONString.scriptSafe(frame(object()))
    case .eventStreamChunk: return HTTPChunk.encode(encode(.eventStream, message, id: id, object: object()))
    case .eventStreamFramesChunk:
      return HTTPChunk.encode(encode(.eventStreamFrames, message, id: id, object: object()))
    case .lineChunk: return HTTPChunk.encode(encode(.line, message, id: id, object: object()))
    }
  }

  /// The `message` frame: the object with its type in front.
  private static func frame(_ object: [UInt8]) -> [UInt8] { Array(#"{"type":"message","#.utf8) + object.dropFirst() }
}
