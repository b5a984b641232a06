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
    let named = setup.channels == 1 ? [] : outcome.resets.map { "lab.\($0.channel)" }
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
    connection.hasAnswer = !outcome.resets.isEmpty
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
      if seen[reset.channel].epoch != place.epoch { subscriber.over.insert(seen[reset.channel].epoch) }
      if seen[reset.channel].epoch != place.epoch || seen[reset.channel].offset < place.offset {
        seen[reset.channel] = place
      }
    }
    subscriber.seen = seen
  }

  /// A cursor that stands alone, or after an answer's messages: it may not be ahead of them, nor behind.
  func told(_ connection: LabConnection, cursor: [UInt8]) {
    let places = LabPlace.all(in: cursor)
    if let places, connection.conflates {
      passed(places, connection)
      pagePassed(places, connection)
    }
    if places != connection.places {
      violated(
        "cursor",
        "\(name(connection)) told \(String(decoding: cursor, as: UTF8.self)) after \(LabPlace.cursor(connection.places))"
      )
    }
  }

  /// A message on the wire: the next of its channel, byte for byte, and never the same twice on one connection.
  func arrived(_ message: LabMessage, _ place: LabPlace?, _ connection: LabConnection) {
    connection.hasAnswer = true
    if connection.transport == .rawWebSocket { return arrivedRaw(message, connection) }
    guard let place else { return violated("id", "\(name(connection)) a message without an id") }
    guard let channel = connection.places.firstIndex(where: { $0.epoch == place.epoch }) else {
      return violated("epoch", "\(name(connection)) \(place) after \(LabPlace.cursor(connection.places))")
    }
    let last = connection.places[channel]
    if place.offset != last.offset + 1, !mayFollow(place, last, connection) {
      return violated(place.offset <= last.offset ? "repeated" : "gap", "\(name(connection)) \(place) after \(last)")
    }
    guard isMessage(message, at: place) else { return violated("altered", "\(name(connection)) \(place)") }
    connection.places[channel] = place
    if connection.conflates, let places = LabPlace.all(in: message.cursor ?? []) { passed(places, connection) }
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
      var next = LabPlace(epoch: last.epoch, offset: last.offset + 1)
      while connection.conflates, history.record(at: next) != nil, !isMessage(message, at: next) { next.offset += 1 }
      guard isMessage(message, at: next) else { continue }
      guard history.areReplaced(after: last, before: next.offset) else { break }
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
    if place.offset != last.offset + 1, !mayFollow(place, last, connection) {
      return violated(
        place.offset <= last.offset ? "repeated" : "gap", "\(name(connection)) the page sees \(place) after \(last)")
    }
    subscriber.seen?[channel] = place
  }

  // MARK: Conflation

  /// Whether a connection may go from one place to another one further on: it has lagged, and each message between has
  /// a newer one of its key after it. The newest message of a key has none, so it is never left out.
  private func mayFollow(_ place: LabPlace, _ last: LabPlace, _ connection: LabConnection) -> Bool {
    connection.conflates && place.offset > last.offset && history.areReplaced(after: last, before: place.offset)
  }

  /// A cursor says that messages have been passed over on a connection.
  private func passed(_ places: [LabPlace], _ connection: LabConnection) {
    for place in places {
      guard let channel = connection.places.firstIndex(where: { $0.epoch == place.epoch }) else { continue }
      let next = LabPlace(epoch: place.epoch, offset: place.offset + 1)
      if mayFollow(next, connection.places[channel], connection) { connection.places[channel] = place }
    }
  }

  /// The same for the page that takes the cursor.
  func pagePassed(_ places: [LabPlace], _ connection: LabConnection) {
    let subscriber = connection.subscriber
    for place in places {
      guard let channel = subscriber.seen?.firstIndex(where: { $0.epoch == place.epoch }),
        let seen = subscriber.seen?[channel], seen.offset < place.offset
      else { continue }
      guard history.areReplaced(after: seen, before: place.offset + 1) else {
        return violated("gap", "\(name(connection)) the page passes from \(seen) to \(place)")
      }
      subscriber.seen?[channel] = place
    }
  }

  // MARK: Time

  /// A client gives up a connection that is silent for too long; over a sound link that must never happen.
  func checkSilence(_ connection: LabConnection) {
    if connection.isCut || connection.isHalfOpen { return }
    violated("silent", "\(name(connection)) nothing since \(connection.lastHeard - VirtualClock.origin) ms")
  }

  /// A stream that speaks is not older than `rotate`, the link's delay, a stalled page, and 5 s for its last words.
  func checkAge(_ connection: LabConnection) {
    switch connection.transport {
    case .eventStream, .eventStreamFrames, .stream, .iframe: break
    default: return
    }
    if now > connection.openedAt + UInt64(Self.rotateTime) + 60_000, connection.subscriber.stalledUntil + 60_000 < now {
      violated("not rotated", "\(name(connection)) opened at \(connection.openedAt - VirtualClock.origin) ms")
    }
  }

  /// An answer without anything in it comes when the hold is over, and jitter takes off no more than a tenth.
  func checkHold(_ connection: LabConnection) {
    let isHeld = connection.transport.isHeld && connection.asked != nil && !connection.wasMoved
    guard isHeld, !connection.hasAnswer else { return }
    if now < connection.openedAt + 18_000 {
      violated("early", "\(name(connection)) an empty answer after \(now - connection.openedAt) ms")
    }
  }

  // MARK: Payloads

  /// Whether a message is the one that was published at a place.
  func isMessage(_ message: LabMessage, at place: LabPlace) -> Bool {
    history.record(at: place).map { Self.isSame(message.body, $0) } ?? false
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
