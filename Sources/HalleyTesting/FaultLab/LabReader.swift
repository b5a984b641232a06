internal import HalleyProtocols

/// The reading side of one connection, as a browser or a library has it: response head, framing, frames. Bytes come in
/// any pieces.
struct LabReader {
  private enum Body { case head, webSocket, chunks, untilEnd, whole(Int), counted(Int), ended }

  private let transport: LabTransport
  private var body = Body.head
  private var bytes: [UInt8] = []
  private var events: EventStreamParser
  private var text: [UInt8] = []
  /// How the answer's head began; 0 until it has come.
  private(set) var status = 0
  /// The whole body has come.
  private(set) var isComplete = false
  /// What the event stream's `id` lines have made of the last event id.
  var lastEventID: String { events.lastEventID }
  /// When an event stream has asked to come back, milliseconds.
  var reconnectionTime: Int? { events.reconnectionTime }
  /// Bytes of a body that is to be read as a whole, as far as they have come.
  var unread: [UInt8] { bytes }

  init(_ transport: LabTransport, lastEventID: String) {
    self.transport = transport
    events = EventStreamParser(lastEventID: lastEventID)
  }

  /// Takes bytes in and returns what they complete.
  mutating func read(_ piece: ArraySlice<UInt8>) -> [LabFrame] {
    bytes += piece
    var frames: [LabFrame] = []
    if case .head = body, !readHead(&frames) { return frames }
    switch body {
    case .head, .ended: break
    case .webSocket: readWebSocket(&frames)
    case .chunks: readChunks(&frames)
    case .untilEnd:
      let piece = bytes
      bytes = []
      readBody(piece[...], &frames)
    case .counted(let count): readCounted(count, &frames)
    case .whole(let count): readWhole(count, &frames)
    }
    return frames
  }

  /// - Returns: whether the head has come.
  private mutating func readHead(_ frames: inout [LabFrame]) -> Bool {
    guard let end = endOfHead else { return false }
    let head = RawResponse(head: Array(bytes[..<end]))
    bytes.removeFirst(end)
    status = head.status
    switch status {
    case 101: body = .webSocket
    case 200 where head["transfer-encoding"] == "chunked": body = .chunks
    case 200:
      guard let count = head["content-length"].flatMap({ Int($0) }) else {
        body = .untilEnd
        break
      }
      body = transport.isEventStream ? .counted(count) : .whole(count)
    default:
      body = .ended
      frames.append(.malformed("status \(status)"))
    }
    return true
  }

  /// Looked for byte by byte: a search for any sequence takes longer than all the rest of a short answer.
  private var endOfHead: Int? {
    var at = 3
    while at < bytes.count {
      if bytes[at] == 10, bytes[at - 1] == 13, bytes[at - 2] == 10, bytes[at - 3] == 13 { return at + 1 }
      at += 1
    }
    return nil
  }

  // MARK: WebSocket

  /// A server's frames are whole and unmasked (RFC 6455 §5.1).
  private mutating func readWebSocket(_ frames: inout [LabFrame]) {
    var at = 0
    while bytes.count - at >= 2 {
      var count = Int(bytes[at + 1])
      var start = at + 2
      if count == 126 {
        guard bytes.count - at >= 4 else { break }
        count = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
        start = at + 4
      } else if count > 126 {
        frames.append(.malformed("a masked or an overlong frame"))
        break
      }
      guard bytes.count >= start + count else { break }
      let payload = bytes[start..<start + count]
      switch bytes[at] {
      case 0x81 where transport == .webSocket: LabFrame.read(payload, into: &frames)
      case 0x81, 0x82: frames.append(.message(LabMessage(id: nil, cursor: nil, body: .payload(Array(payload)))))
      case 0x88: frames.append(.move(retry: 0))
      case 0x89: frames.append(.ping(Array(payload)))
      default: frames.append(.malformed("opcode \(bytes[at])"))
      }
      at = start + count
    }
    bytes.removeFirst(at)
  }

  // MARK: Streams

  private mutating func readChunks(_ frames: inout [LabFrame]) {
    var at = 0
    while let end = bytes[at...].firstIndex(of: 0x0A) {
      guard let count = Int(String(decoding: bytes[at..<end].dropLast(), as: UTF8.self), radix: 16) else {
        frames.append(.malformed("a chunk's size"))
        break
      }
      guard bytes.count >= end + 1 + count + 2 else { break }
      if count == 0 {
        isComplete = true
      } else {
        readBody(bytes[end + 1..<end + 1 + count], &frames)
      }
      at = end + 1 + count + 2
      if at >= bytes.count { break }
    }
    bytes.removeFirst(min(at, bytes.count))
  }

  private mutating func readBody(_ piece: ArraySlice<UInt8>, _ frames: inout [LabFrame]) {
    if transport.isEventStream { return readEvents(piece, &frames) }
    text += piece
    while let end = text.firstIndex(of: 0x0A) {
      readLine(text[..<end], &frames)
      text.removeFirst(end + 1)
    }
  }

  private mutating func readEvents(_ piece: ArraySlice<UInt8>, _ frames: inout [LabFrame]) {
    guard let found = try? events.feed(piece) else { return frames.append(.malformed("an event too long")) }
    for event in found {
      if !transport.isPlainEventStream || event.event.hasPrefix("halley.") {
        LabFrame.read(Array(event.data.utf8)[...], into: &frames)
      } else {
        let id = Array(event.lastEventID.utf8)
        frames.append(.message(LabMessage(id: id, cursor: id, body: .lines(Array(event.data.utf8)))))
      }
    }
  }

  private func readLine(_ line: ArraySlice<UInt8>, _ frames: inout [LabFrame]) {
    if transport == .iframe {
      if line.starts(with: "<!doctype html>".utf8) { return }
      let open = Array("<script>parent.process(".utf8)
      let close = Array(");</script>".utf8)
      guard line.starts(with: open), line.suffix(close.count).elementsEqual(close),
        !line.dropFirst().dropLast(close.count).contains(UInt8(ascii: "<"), after: open.count)
      else { return frames.append(.malformed("not one script element: \(String(decoding: line, as: UTF8.self))")) }
      LabFrame.read(line.dropFirst(open.count).dropLast(close.count), into: &frames)
    } else if line.contains(where: { $0 != 0x20 }) {
      LabFrame.read(line, into: &frames)
    }
  }

  /// An event stream whose end is known beforehand; what has come of it counts.
  private mutating func readCounted(_ count: Int, _ frames: inout [LabFrame]) {
    let piece = bytes.prefix(count)
    bytes.removeFirst(piece.count)
    body = .counted(count - piece.count)
    isComplete = piece.count == count
    readEvents(piece, &frames)
  }

  // MARK: Answers that are complete in themselves

  private mutating func readWhole(_ count: Int, _ frames: inout [LabFrame]) {
    guard bytes.count >= count else { return }
    isComplete = true
    body = .ended
    let whole = bytes[..<count]
    guard transport == .jsonp else { return LabFrame.read(whole, into: &frames) }
    let open = Array("/**/cb(".utf8)
    guard whole.starts(with: open), whole.suffix(2).elementsEqual(");".utf8) else {
      return frames.append(.malformed("not a call of cb"))
    }
    LabFrame.read(whole.dropFirst(open.count).dropLast(2), into: &frames)
  }
}

extension ArraySlice where Element == UInt8 {
  fileprivate func contains(_ byte: UInt8, after count: Int) -> Bool { dropFirst(count - 1).contains(byte) }
}
