import FoundationEssentials
import Glibc
import HalleyChannels
import HalleyTesting
import Logging
import Testing

@testable import Halley

/// Serves sites on a free port of the loopback address while `body` runs, then stops and waits for the end.
///
/// - Parameters:
///   - arguments: further flags.
///   - threads: loops.
///   - broker: behind every channel; nil leaves them as they are.
func serving(
  _ sites: [any Site], arguments: [String] = [], threads: Int = 1, broker: (any Broker)? = nil,
  _ body: @Sendable (_ port: Int) async throws -> Void
) async throws {
  let application = try Application(
    sites: sites, directory: "/nowhere",
    configuration: ApplicationConfiguration(
      arguments: ["--listen", "127.0.0.1:0", "--threads", "\(threads)"] + arguments, environment: [:]),
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, broker: broker)
  let (stream, continuation) = AsyncStream.makeStream(of: [String].self)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      defer { continuation.finish() }
      try await application.run { continuation.yield($0) }
    }
    for await addresses in stream {
      let port = addresses.first.flatMap { URL(string: String($0.split(separator: " ")[1]))?.port }
      try await body(try #require(port))
      break
    }
    group.cancelAll()
    try await group.waitForAll()
  }
}

extension RawClient {
  /// Opens a WebSocket and reads the answer to the handshake.
  ///
  /// - Parameters:
  ///   - subprotocol: nil is raw mode.
  ///   - smallBuffer: the server's queue fills as soon as the client does not read.
  static func webSocket(
    _ path: String, port: Int, subprotocol: String? = nil, smallBuffer: Bool = false
  ) throws -> RawClient {
    let client = try RawClient(port: port)
    if smallBuffer { client.fixReceiveBuffer() }
    let offer = subprotocol.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
    client.send(
      "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(offer)\r\n")
    let head = try client.receive(until: "\r\n\r\n")
    guard String(decoding: head, as: UTF8.self).hasPrefix("HTTP/1.1 101 ") else { throw Failure.broken(code: 0) }
    return client
  }

  /// Sends a text frame of less than 64 KiB; its mask of zeros leaves the payload as it is.
  func sendFrame(_ text: String) {
    let length = UInt16(text.utf8.count)
    let size = length < 126 ? [UInt8(length)] : [126, UInt8(length >> 8), UInt8(truncatingIfNeeded: length)]
    send([0x81, 0x80 | size[0]] + size.dropFirst() + [0, 0, 0, 0] + Array(text.utf8))
  }

  /// The next WebSocket frame: first byte and payload.
  func receiveFrame() throws -> (first: UInt8, payload: [UInt8]) {
    let head = try receive(count: 2)
    var length = Int(head[1] & 0x7F)
    if length == 126 {
      length = try receive(count: 2).reduce(0) { $0 << 8 | Int($1) }
    } else if length == 127 {
      length = try receive(count: 8).reduce(0) { $0 << 8 | Int($1) }
    }
    return (head[0], try receive(count: length))
  }

  /// The payload of the next text frame; pings before it are passed over.
  func receiveText() throws -> String {
    while true {
      let frame = try receiveFrame()
      if frame.first == 0x81 { return String(decoding: frame.payload, as: UTF8.self) }
      if frame.first == 0x88 { throw Failure.broken(code: 0) }
    }
  }

  /// Keeps the kernel from taking more the longer nobody reads; still large enough to read quickly later.
  func fixReceiveBuffer() {
    var size: Int32 = 64 << 10
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Exactly so many bytes.
  func receive(count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try receive(upTo: count - bytes.count)
      if more.isEmpty { throw Failure.broken(code: 0) }
      bytes += more
    }
    return bytes
  }

  /// The next chunk of a chunked body.
  func receiveChunk() throws -> String {
    let size = String(decoding: try receive(until: "\r\n").dropLast(2), as: UTF8.self)
    let count = Int(size, radix: 16) ?? 0
    let bytes = try receive(count: count + 2)
    return String(decoding: bytes.dropLast(2), as: UTF8.self)
  }
}
