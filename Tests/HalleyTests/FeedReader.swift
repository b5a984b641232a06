import FoundationEssentials
import Glibc
import HalleyTesting

@testable import Halley

/// A client that reads frames at its own pace from a socket whose receive buffer does not grow, so that the server's
/// queue fills soon after it pauses.
final class FeedReader {
  enum Transport: CaseIterable { case webSocket, events, eventFrames, lines, iframe }

  /// What it was told, in order.
  enum Event: Equatable {
    /// A message; without frames the channel is unknown.
    case message(id: String, key: String?)
    case reset(reason: String, cursor: String, channels: [String])
    case cursor(String)
    case status(String)
    case move(String)
    /// The close code of a WebSocket, 0 for the end of a stream, -1 for a reset.
    case closed(Int)
  }

  private struct Frame: Decodable {
    var type: String
    var id: String?
    var key: String?
    var reason: String?
    var cursor: String?
    var channels: [String]?
    var delivery: String?
  }

  let transport: Transport
  private let client: RawClient
  private var bytes: [UInt8] = []
  private var body: [UInt8] = []
  private(set) var events: [Event] = []
  /// The last cursor that any frame or event has told.
  private(set) var cursor = ""
  private(set) var isOver = false

  init(_ transport: Transport, _ path: String, port: Int) throws {
    self.transport = transport
    if transport == .webSocket {
      client = try RawClient.webSocket(path, port: port, subprotocol: "halley.v1", smallBuffer: true)
      client.sendFrame(#"{"type":"hello"}"#)
    } else {
      client = try RawClient(port: port)
      client.fixReceiveBuffer()
      let query =
        switch transport {
        case .events: "transport=sse"
        case .eventFrames: "transport=sse&format=frames"
        case .iframe: "transport=iframe&callback=f"
        default: "transport=stream"
        }
      client.send("GET \(path)?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = try client.receive(until: "\r\n\r\n")
    }
    // Nothing that is published after this is missed.
    while cursor.isEmpty { try read(upTo: 4096) }
  }

  /// Reads once, at most so many bytes; returns at once when nothing has come and `patience` is 0.
  func read(upTo count: Int, patience milliseconds: Int = 30_000) throws {
    if isOver { return }
    client.setTimeout(milliseconds: max(1, milliseconds))
    do {
      let more = try client.receive(upTo: count)
      bytes += more
      try decode()
      if more.isEmpty, !isOver {
        isOver = true
        events.append(.closed(0))
      }
    } catch RawClient.Failure.broken(code: ECONNRESET) {
      // It did not take its end in time, or its end was a reset.
      isOver = true
      events.append(.closed(-1))
    } catch RawClient.Failure.timeout where milliseconds == 0 {
    }
  }

  /// Reads until a condition holds or the server has ended the connection; heartbeats alone are waited through for at
  /// most a minute.
  func read(until condition: (FeedReader) -> Bool) throws {
    var told = events.count
    var end = ContinuousClock.now + .seconds(60)
    while !condition(self), !isOver {
      if events.count > told {
        told = events.count
        end = ContinuousClock.now + .seconds(60)
      }
      if ContinuousClock.now > end { throw RawClient.Failure.timeout }
      try read(upTo: 65_536)
    }
  }

  func close() { client.close() }

  private func decode() throws {
    if transport == .webSocket {
      while let (first, payload) = webSocketFrame() {
        if first == 0x88 {
          isOver = true
          events.append(.closed(payload.count > 1 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005))
        } else if first == 0x81 {
          try take(json: payload)
        }
      }
      return
    }
    while let chunk = chunk() { body += chunk }
    let separator: [UInt8] = transport == .lines || transport == .iframe ? [0x0A] : [0x0A, 0x0A]
    while let end = body.firstIndex(of: separator) {
      let block = Array(body[..<end])
      body.removeFirst(end + separator.count)
      try take(block: block)
    }
    if isOver { events.append(.closed(0)) }
  }

  private func take(block: [UInt8]) throws {
    if transport == .lines { return try take(json: block) }
    if transport == .iframe {
      let (before, after) = (Array("<script>f(".utf8), Array(");</script>".utf8))
      // The document's head is no script.
      guard block.starts(with: before), block.suffix(after.count).elementsEqual(after) else { return }
      return try take(json: Array(block[before.count...].dropLast(after.count)))
    }
    var (id, event, data) = ("", "", nil as [UInt8]?)
    for line in block.split(separator: 0x0A) {
      let text = String(decoding: line.prefix(64 << 10), as: UTF8.self)
      if text.hasPrefix("id: ") { id = String(text.dropFirst(4)) }
      if text.hasPrefix("event: ") { event = String(text.dropFirst(7)) }
      if text.hasPrefix("data:") { data = Array(line.dropFirst(6)) }
    }
    if !id.isEmpty { cursor = id }
    if transport == .eventFrames || event.hasPrefix("halley.") {
      if let data { try take(json: data) }
    } else if data != nil {
      events.append(.message(id: id, key: nil))
    } else if !id.isEmpty {
      events.append(.cursor(id))
    }
  }

  private func take(json: [UInt8]) throws {
    let frame = try JSONDecoder().decode(Frame.self, from: Data(json))
    cursor = frame.cursor ?? frame.id ?? cursor
    switch frame.type {
    case "message": events.append(.message(id: frame.id ?? "", key: frame.key))
    case "reset":
      events.append(
        .reset(reason: frame.reason ?? "", cursor: frame.cursor ?? "", channels: frame.channels ?? []))
    case "cursor": events.append(.cursor(cursor))
    case "status": events.append(.status(frame.delivery ?? ""))
    case "move": events.append(.move(frame.reason ?? ""))
    default: break
    }
  }

  private func webSocketFrame() -> (UInt8, [UInt8])? {
    guard bytes.count >= 2 else { return nil }
    var (length, head) = (Int(bytes[1]), 2)
    if length >= 126 {
      head = length == 126 ? 4 : 10
      guard bytes.count >= head else { return nil }
      length = bytes[2..<head].reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.count >= head + length else { return nil }
    defer { bytes.removeFirst(head + length) }
    return (bytes[0], Array(bytes[head..<(head + length)]))
  }

  private func chunk() -> [UInt8]? {
    guard let line = bytes.firstIndex(of: [0x0D, 0x0A]),
      let size = Int(String(decoding: bytes[..<line], as: UTF8.self), radix: 16), bytes.count >= line + size + 4
    else { return nil }
    defer { bytes.removeFirst(line + size + 4) }
    if size == 0 {
      isOver = true
      return nil
    }
    return Array(bytes[(line + 2)..<(line + 2 + size)])
  }
}

extension [UInt8] {
  /// By the C library: generic code without optimisation and under a sanitizer takes a minute for what these tests
  /// read.
  fileprivate func firstIndex(of part: [UInt8]) -> Int? {
    withUnsafeBytes { all in
      guard let start = all.baseAddress else { return nil }
      var from = 0
      while from + part.count <= all.count,
        let found = memchr(start + from, Int32(part[0]), all.count - from - part.count + 1)
      {
        if memcmp(found, part, part.count) == 0 { return UnsafeRawPointer(found) - start }
        from = UnsafeRawPointer(found) - start + 1
      }
      return nil
    }
  }
}
