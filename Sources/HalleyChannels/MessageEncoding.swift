internal import HalleyProtocols

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

/// The forms of one message made so far: few, so that looking through them beats a table that every message would hold.
struct MessageForms {
  private var made: [(encoding: MessageEncoding, bytes: [UInt8])] = []

  /// Most forms that are kept: clients choose which are made, and budgets of history count payloads alone.
  private static let mostKept = 4

  /// The form, made on the first call. Not kept when escaping has made it much larger than the message.
  mutating func form(_ encoding: MessageEncoding, of message: Message) -> [UInt8] {
    for form in made where form.encoding == encoding { return form.bytes }
    let bytes = ByteWriter.array(most: message.mostBytes(encoding)) { message.write(encoding, to: &$0) }
    if made.count < Self.mostKept, bytes.count <= 2 * message.size + 512 { made.append((encoding, bytes)) }
    return bytes
  }
}
