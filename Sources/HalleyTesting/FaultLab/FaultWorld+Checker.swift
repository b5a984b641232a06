import HalleyChannels
import HalleyProtocols

/// The checker. It knows what was published and how every request had to be met, and looks at two things: what came over
/// each connection, and what each page has seen over all of them.
extension FaultWorld {
  func name(_ connection: LabConnection) -> String {
    "\(connection.transport.rawValue) \(connection.subscriber.number), connection \(connection.number):"
  }

  /// A welcome, a reset, or the head of an answer.
  func opened(_ connection: LabConnection, word: String, reason: String?, cursor: [UInt8], channels: [String]) {
    guard !connection.expected.isEmpty else {
      return violated("outcome", "\(name(connection)) \(word) that nothing called for")
    }
    let outcome = connection.expected.removeFirst()
    guard word == outcome.word, reason == outcome.resets.first?.reason else {
      return violated(
        "outcome",
        "\(name(connection)) \(word) \(reason ?? "") for \(connection.asked.map(LabPlace.cursor) ?? "no cursor"), "
          + "but the history calls for \(outcome.word) \(outcome.resets.first?.reason ?? "")")
    }
    let named = setup.channels == 1 ? [] : outcome.resets.map { set.channels[$0.channel].name }
    guard channels == named else {
      return violated("outcome", "\(name(connection)) reset of \(channels), but it was \(named)")
    }
    if !connection.transport.isPoll || word == "reset", LabPlace.all(in: cursor) != outcome.start {
      return violated(
        "cursor",
        "\(name(connection)) \(word) at \(String(decoding: cursor, as: UTF8.self)), "
          + "but it goes on from \(LabPlace.cursor(outcome.start))")
    }
    connection.places = outcome.start
    let subscriber = connection.subscriber
    if outcome.resets.isEmpty {
      if subscriber.seen == nil { subscriber.seen = outcome.start }
      return
    }
    report.resets += 1
    if fault == .resetNotTold { return }
    guard var seen = subscriber.seen else { return }
    for reset in outcome.resets {
      let place = outcome.start[reset.channel]
      if seen[reset.channel].epoch != place.epoch || seen[reset.channel].offset < place.offset {
        seen[reset.channel] = place
      }
    }
    subscriber.seen = seen
  }

  /// A cursor that stands alone, or after an answer's messages: it may not be ahead of them, nor behind.
  func told(_ connection: LabConnection, cursor: [UInt8]) {
    if LabPlace.all(in: cursor) != connection.places {
      violated(
        "cursor",
        "\(name(connection)) told \(String(decoding: cursor, as: UTF8.self)) after \(LabPlace.cursor(connection.places))"
      )
    }
  }

  /// A message on the wire: the next of its channel, byte for byte, and never the same twice on one connection.
  func arrived(_ message: LabMessage, _ place: LabPlace?, _ connection: LabConnection) {
    if connection.transport == .rawWebSocket { return arrivedRaw(message, connection) }
    guard let place else { return violated("id", "\(name(connection)) a message without an id") }
    guard let channel = connection.places.firstIndex(where: { $0.epoch == place.epoch }) else {
      return violated("epoch", "\(name(connection)) \(place) after \(LabPlace.cursor(connection.places))")
    }
    let last = connection.places[channel]
    if place.offset != last.offset + 1 {
      return violated(place.offset <= last.offset ? "repeated" : "gap", "\(name(connection)) \(place) after \(last)")
    }
    guard let record = history.record(at: place), Self.isSame(message.body, record) else {
      return violated("altered", "\(name(connection)) \(place)")
    }
    connection.places[channel] = place
    if let cursor = message.cursor, LabPlace.all(in: cursor) != connection.places {
      violated(
        "cursor",
        "\(name(connection)) \(place) with \(String(decoding: cursor, as: UTF8.self)) at "
          + LabPlace.cursor(connection.places))
    }
  }

  /// Payload alone: it must be the next one of a channel.
  private func arrivedRaw(_ message: LabMessage, _ connection: LabConnection) {
    for (channel, last) in connection.places.enumerated() {
      let next = LabPlace(epoch: last.epoch, offset: last.offset + 1)
      guard let record = history.record(at: next), Self.isSame(message.body, record) else { continue }
      connection.places[channel] = next
      return
    }
    violated("gap", "\(name(connection)) a payload that does not follow \(LabPlace.cursor(connection.places))")
  }

  /// The page gets a message, over whatever connection.
  func delivered(_ place: LabPlace?, _ connection: LabConnection) {
    report.deliveries[connection.transport, default: 0] += 1
    guard let place else { return }
    let subscriber = connection.subscriber
    guard let channel = subscriber.seen?.firstIndex(where: { $0.epoch == place.epoch }),
      let last = subscriber.seen?[channel]
    else {
      return violated(
        "epoch", "\(name(connection)) the page sees \(place) after \(subscriber.seen.map(LabPlace.cursor) ?? "nothing")"
      )
    }
    if place.offset != last.offset + 1 {
      return violated(
        place.offset <= last.offset ? "repeated" : "gap", "\(name(connection)) the page sees \(place) after \(last)")
    }
    subscriber.seen?[channel] = place
  }

  private static func isSame(_ body: LabMessage.Body, _ record: PublishedHistory.Record) -> Bool {
    switch body {
    case .payload(let bytes): return bytes == record.payload
    case .lines(let bytes):
      switch record.kind {
      case .json: return bytes == record.payload
      case .binary: return Base64.decode(bytes) == record.payload
      case .text: return record.payload.contains(0x0D) ? bytes == lines(record.payload) : bytes == record.payload
      }
    case .value(let json, let isBase64):
      switch record.kind {
      case .json: return !isBase64 && isSameJSON(json, record.payload)
      case .text: return !isBase64 && JSONText.string(json[...]) == record.payload
      case .binary: return isBase64 && JSONText.string(json[...]).flatMap { Base64.decode($0) } == record.payload
      }
    }
  }

  /// Scripts write some characters as escapes, so the bytes may differ where the value does not.
  private static func isSameJSON(_ json: [UInt8], _ payload: [UInt8]) -> Bool {
    if json == payload { return true }
    guard let left = JSONText.members(json), let right = JSONText.members(payload), left.count == right.count else {
      return false
    }
    return zip(left, right).allSatisfy { one, other in
      one.name == other.name
        && (one.value == other.value || JSONText.string(one.value).map { $0 == JSONText.string(other.value) } ?? false)
    }
  }

  /// What a page sees of text in an event stream: CRLF, CR and LF are all LF.
  private static func lines(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    for (index, byte) in text.enumerated() {
      if byte == 0x0A, index > 0, text[index - 1] == 0x0D { continue }
      out.append(byte == 0x0D ? 0x0A : byte)
    }
    return out
  }
}
