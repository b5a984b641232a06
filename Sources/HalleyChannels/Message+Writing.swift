package import HalleyProtocols

extension Message {
  /// What subscribers of several channels get beside the message.
  struct Joined {
    /// The name of the message's channel.
    var channel: String
    /// Where they stand once they have it; takes the place of the id in event streams.
    var cursor: String
  }

  /// No fewer bytes than the form has, known without looking at the payload.
  package func mostBytes(_ encoding: MessageEncoding) -> Int {
    // A byte is at most six in a string or a script, and seven in lines of data; base64 is less.
    encoding == .webSocketRaw ? 10 + payload.count : 256 + 7 * size
  }

  /// Writes the form; never more than `mostBytes`.
  package func write(_ encoding: MessageEncoding, to out: inout ByteWriter) { write(encoding, nil, to: &out) }

  /// The form for subscribers of several channels.
  func joined(_ encoding: MessageEncoding, _ joined: Joined) -> [UInt8] {
    let most = mostBytes(encoding) + 64 + joined.channel.utf8.count + 2 * joined.cursor.utf8.count
    return ByteWriter.array(most: most) { write(encoding, joined, to: &$0) }
  }

  private func write(_ encoding: MessageEncoding, _ joined: Joined?, to out: inout ByteWriter) {
    switch encoding {
    case .webSocketRaw:
      let opcode = kind == .binary ? WebSocketOpcode.binary : WebSocketOpcode.text
      out.frameHead(WebSocketOpcode.fin | opcode, count: payload.count)
      out.append(payload)
    case .webSocketFramed: out.frame(WebSocketOpcode.fin | WebSocketOpcode.text) { writeFrame(joined, to: &$0) }
    case .eventStream: writeBlock(joined, to: &out)
    case .eventStreamChunk: out.chunk { writeBlock(joined, to: &$0) }
    case .eventStreamFrames: writeFrameBlock(joined, to: &out)
    case .eventStreamFramesChunk: out.chunk { writeFrameBlock(joined, to: &$0) }
    case .line: writeLine(joined, to: &out)
    case .lineChunk: out.chunk { writeLine(joined, to: &$0) }
    case .pollObject:
      out.append("{")
      writeMembers(joined.map { Joined(channel: $0.channel, cursor: "") }, to: &out)
    case .scriptFrame:
      let frame = ByteWriter.array(most: out.capacity - out.count) { writeFrame(joined, to: &$0) }
      out.append(JSONString.scriptSafe(frame))
    }
  }

  // MARK: Parts

  private func writeBlock(_ joined: Joined?, to out: inout ByteWriter) {
    writeIDField(joined, to: &out)
    if let event { EventStreamEncoder.field("event: ", event, to: &out) }
    if kind == .binary {
      out.append(payload.isEmpty ? "data:" : "data: ")
      Base64.write(payload, to: &out)
      out.append(0x0A)
    } else {
      EventStreamEncoder.lines(payload, to: &out)
    }
    out.append(0x0A)
  }

  private func writeFrameBlock(_ joined: Joined?, to out: inout ByteWriter) {
    writeIDField(joined, to: &out)
    // One line: a JSON text without insignificant whitespace has no line end.
    out.append("data: ")
    writeFrame(joined, to: &out)
    out.append("\n\n")
  }

  private func writeIDField(_ joined: Joined?, to out: inout ByteWriter) {
    out.append("id: ")
    if let joined { out.append(Array(joined.cursor.utf8)) } else { id.write(to: &out) }
    out.append(0x0A)
  }

  private func writeLine(_ joined: Joined?, to out: inout ByteWriter) {
    writeFrame(joined, to: &out)
    out.append(0x0A)
  }

  /// The `message` frame: the poll's object with its type in front, and the cursor where the id does not say it.
  private func writeFrame(_ joined: Joined?, to out: inout ByteWriter) {
    out.append(#"{"type":"message","#)
    writeMembers(joined, to: &out)
  }

  /// The members of the JSON object (delivery contract §6) in their order, `id`, `data`, `event`, `key`, `channel`,
  /// `encoding`, `cursor`, and the closing brace.
  private func writeMembers(_ joined: Joined?, to out: inout ByteWriter) {
    out.append(#""id":""#)
    id.write(to: &out)
    out.append(#"","data":"#)
    switch kind {
    case .json: out.append(payload)
    case .text: JSONString.write(payload, to: &out)
    case .binary:
      out.append(0x22)
      Base64.write(payload, to: &out)
      out.append(0x22)
    }
    if let event {
      out.append(#","event":"#)
      JSONString.write(Array(event.utf8), to: &out)
    }
    if let key {
      out.append(#","key":"#)
      JSONString.write(Array(key.utf8), to: &out)
    }
    // Neither a channel's name nor a cursor has anything to escape.
    if let joined { quoted(#","channel":""#, joined.channel, to: &out) }
    if kind == .binary { out.append(#","encoding":"base64""#) }
    if let joined, !joined.cursor.isEmpty { quoted(#","cursor":""#, joined.cursor, to: &out) }
    out.append(0x7D)
  }

  private func quoted(_ start: StaticString, _ text: String, to out: inout ByteWriter) {
    out.append(start)
    out.append(Array(text.utf8))
    out.append(0x22)
  }
}
