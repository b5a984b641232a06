import HalleyProtocols

/// Event streams in both directions. Oracle: the parser's events do not depend on the cuts; a block that was encoded from
/// any strings is read back as exactly one event with these strings.
///
/// Input: a stream for the parser; split at 0xFF, its parts are ID, name and data for the encoder.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEventStream(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start else { return -1 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let halves = [Array(bytes.prefix(count / 2)), Array(bytes.dropFirst(count / 2))]
  for limit in [16, 1 << 20] {
    let whole = read([bytes], maxBytes: limit)
    precondition(whole == read(bytes.map { [$0] }, maxBytes: limit), "the cuts decide the events")
    precondition(whole == read(halves, maxBytes: limit), "the cuts decide the events")
  }

  let parts = bytes.split(separator: 0xFF, maxSplits: 2, omittingEmptySubsequences: false)
  func text(_ index: Int) -> String { index < parts.count ? String(decoding: parts[index], as: UTF8.self) : "" }
  let (id, name, data) = (text(0), text(1), text(2))
  let block = EventStreamEncoder.block(retry: count, id: id, event: name, data: Array(data.utf8))
  let event = ServerSentEvent(
    event: oneLine(name).isEmpty ? "message" : oneLine(name), data: withLineFeeds(data), lastEventID: oneLine(id))
  precondition(read([block]) == Outcome(events: [event], retry: count), "not one event")
  // An ID alone moves the position and dispatches nothing.
  precondition(read([EventStreamEncoder.block(id: id)])?.events.isEmpty ?? false)
  return 0
}

private struct Outcome: Equatable {
  var events: [ServerSentEvent] = []
  var retry: Int?
}

/// Nil when a limit is passed.
private func read(_ pieces: [[UInt8]], maxBytes: Int = 1 << 20) -> Outcome? {
  var parser = EventStreamParser(maxBytes: maxBytes)
  var outcome = Outcome()
  for piece in pieces {
    guard let events = try? parser.feed(piece) else { return nil }
    outcome.events += events
  }
  outcome.retry = parser.reconnectionTime
  return outcome
}

private func oneLine(_ text: String) -> String {
  String(decoding: text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }, as: UTF8.self)
}

/// CRLF, CR and LF as one LF each.
private func withLineFeeds(_ text: String) -> String {
  var out: [UInt8] = []
  var afterReturn = false
  for byte in text.utf8 {
    if byte == 0x0A, afterReturn {
      afterReturn = false
      continue
    }
    afterReturn = byte == 0x0D
    out.append(byte == 0x0D ? 0x0A : byte)
  }
  return String(decoding: out, as: UTF8.self)
}
