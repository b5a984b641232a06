import HalleyProtocols

/// The JSON object that answers a poll (delivery contract §7.2).
package enum PollObject {
  /// - Parameters:
  ///   - arrival: how the request's cursor was met, and whether messages arrive now.
  ///   - set: the channels it asked for.
  ///   - messages: the batch.
  ///   - cursor: the position after the batch.
  ///   - more: further messages are ready.
  ///   - retry: time to wait before the next request, milliseconds.
  package static func encode(
    _ arrival: SetRead, of set: ChannelSet, _ messages: some Collection<Delivery>, cursor: Position, more: Bool,
    retry: Int
  ) -> [UInt8] {
    var out = Array(#"{"resume":"\#(arrival.outcome.word)","#.utf8)
    if case .reset(let reason) = arrival.outcome { out += Array(#""reason":"\#(reason.rawValue)","#.utf8) }
    let channels = set.names(of: arrival.resets)
    if !channels.isEmpty { out += Array(#""channels":\#(ServerFrame.list(channels)),"#.utf8) }
    out += Array(#""cursor":"\#(cursor)","messages":["#.utf8)
    for (index, message) in messages.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      out += message.encoded(.pollObject)
    }
    let delivery = arrival.delivery == .live ? "" : #","delivery":"\#(arrival.delivery.rawValue)""#
    out += Array(#"],"more":\#(more),"retry":\#(retry)\#(delivery)}"#.utf8)
    return out
  }
}

extension SetRead {
  /// A poll that finds something is answered at once, and so is a reset; any other may be held.
  package var answersAtOnce: Bool { !resets.isEmpty || !messages.isEmpty }

  /// What one answer may say: with a reset nothing but the reset. Its one cursor is where the client goes on from, so it
  /// must not be ahead of messages in channels that are not reset; the next request fetches those.
  package var resetAlone: SetRead {
    if resets.isEmpty { return self }
    var alone = self
    alone.messages = []
    alone.end = start
    alone.more = held > 0
    return alone
  }
}
