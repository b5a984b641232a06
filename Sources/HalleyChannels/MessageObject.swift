import HalleyProtocols

/// The JSON object of a message (delivery contract §6): an element of a poll's `messages`, and with its type in front
/// the `message` frame.
enum MessageObject {
  /// Members in the contract's order: `id`, `data`, `event`, `key`, `channel`, `encoding`, `cursor`.
  ///
  /// - Parameters:
  ///   - channel: the channel's name, for subscribers of several.
  ///   - cursor: where the subscriber stands after the message, if its id does not say so.
  static func encode(_ message: Message, channel: String? = nil, cursor: String? = nil) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(message.payload.count + 64)
    out += Array(#"{"id":"\#(message.id)","data":"#.utf8)
    switch message.kind {
    case .json: out += message.payload
    case .text: out += JSONString.encode(message.payload)
    case .binary: out += JSONString.encode(Base64.encode(message.payload))
    }
    if let event = message.event { out += Array(#","event":"#.utf8) + JSONString.encode(event) }
    if let key = message.key { out += Array(#","key":"#.utf8) + JSONString.encode(key) }
    // Neither a channel's name nor a cursor has anything to escape.
    if let channel { out += Array(#","channel":"\#(channel)""#.utf8) }
    if message.kind == .binary { out += Array(#","encoding":"base64""#.utf8) }
    if let cursor { out += Array(#","cursor":"\#(cursor)""#.utf8) }
    out.append(UInt8(ascii: "}"))
    return out
  }
}
