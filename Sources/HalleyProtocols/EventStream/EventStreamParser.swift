/// One event that an event stream dispatches (WHATWG HTML §9.2.6).
public struct ServerSentEvent: Sendable, Hashable {
  /// The event's name; `message` when the stream gave none.
  public var event: String
  /// The lines of `data`, joined with LF.
  public var data: String
  /// The last event ID as of this event; it outlives the event.
  public var lastEventID: String

  /// An event of its parts.
  public init(event: String = "message", data: String, lastEventID: String = "") {
    self.event = event
    self.data = data
    self.lastEventID = lastEventID
  }
}

/// Reads an event stream as a browser does (WHATWG HTML §9.2.5, §9.2.6), from bytes in any pieces.
///
/// Written from the standard and not from our encoder, so that one can be tested against the other. Lines end with CR,
/// LF or CRLF, also where the pieces part a CRLF; bytes that are not UTF-8 become U+FFFD; one byte order mark at the
/// start is dropped. What follows the last empty line is never dispatched.
public struct EventStreamParser: Sendable {
  /// A block or a line was longer than the limit; the stream must be given up.
  public struct TooLong: Error, Sendable, Hashable {}

  /// The ID to send as `Last-Event-ID` when reconnecting: that of the last block that was complete.
  public private(set) var lastEventID = ""
  /// The reconnection time that the stream asked for last, milliseconds; nil if it never did.
  public private(set) var reconnectionTime: Int?
  /// How many comment lines there were; servers send them as heartbeats.
  public private(set) var comments = 0

  private let maxBytes: Int
  private var line: [UInt8] = []
  private var isFirstLine = true
  private var afterCarriageReturn = false
  private var id = ""
  private var event = ""
  private var data: [UInt8] = []

  /// The state at the start of a stream.
  ///
  /// - Parameters:
  ///   - lastEventID: the ID from the connection before.
  ///   - maxBytes: longest line and longest data of one event; default 1 MiB.
  public init(lastEventID: String = "", maxBytes: Int = 1 << 20) {
    self.lastEventID = lastEventID
    self.maxBytes = maxBytes
    id = lastEventID
  }

  /// Takes in the next piece and returns the events that it completed.
  ///
  /// - Throws: ``TooLong``, once the limit is passed.
  public mutating func feed(_ bytes: some Sequence<UInt8>) throws(TooLong) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    // A sequence of unknown kind is walked slowly; copied, it is plain memory.
    for byte in Array(bytes) {
      let endsCRLF = afterCarriageReturn && byte == ASCII.lineFeed
      afterCarriageReturn = byte == ASCII.carriageReturn
      if endsCRLF { continue }
      guard byte == ASCII.carriageReturn || byte == ASCII.lineFeed else {
        guard line.count < maxBytes else { throw TooLong() }
        line.append(byte)
        continue
      }
      if let event = try endLine() { events.append(event) }
    }
    return events
  }

  private mutating func endLine() throws(TooLong) -> ServerSentEvent? {
    var text = line[...]
    if isFirstLine, text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
    isFirstLine = false
    defer { line.removeAll(keepingCapacity: true) }
    guard let first = text.first else { return dispatch() }
    if first == ASCII.colon {
      comments += 1
      return nil
    }
    let colon = text.firstIndex(of: ASCII.colon) ?? text.endIndex
    var value = text[colon...].dropFirst()
    if value.first == ASCII.space { value = value.dropFirst() }
    try field(String(decoding: text[..<colon], as: UTF8.self), value)
    return nil
  }

  /// WHATWG HTML §9.2.6, "process the field".
  private mutating func field(_ name: String, _ value: ArraySlice<UInt8>) throws(TooLong) {
    switch name {
    case "event": event = String(decoding: value, as: UTF8.self)
    case "data":
      guard data.count + value.count < maxBytes else { throw TooLong() }
      data += value
      data.append(ASCII.lineFeed)
    case "id" where !value.contains(ASCII.nul): id = String(decoding: value, as: UTF8.self)
    case "retry" where !value.isEmpty && value.allSatisfy(ASCII.isDigit):
      // More digits than fit are no time that anybody would wait.
      if let time = Int(String(decoding: value, as: UTF8.self)) { reconnectionTime = time }
    default: break
    }
  }

  /// WHATWG HTML §9.2.6, "dispatch the event": without data nothing happens, but the ID sticks.
  private mutating func dispatch() -> ServerSentEvent? {
    lastEventID = id
    defer {
      event = ""
      data.removeAll(keepingCapacity: true)
    }
    if data.isEmpty { return nil }
    return ServerSentEvent(
      event: event.isEmpty ? "message" : event, data: String(decoding: data.dropLast(), as: UTF8.self),
      lastEventID: id)
  }
}
