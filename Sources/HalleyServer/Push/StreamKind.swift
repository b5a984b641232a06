import HalleyChannels
import HalleyProtocols

/// How a detached stream frames its messages.
struct StreamKind: Hashable {
  enum Format: Hashable {
    /// Plain event stream: `data:` is the payload.
    case events
    /// Event stream whose `data:` is a frame.
    case eventFrames
    /// One frame a line.
    case lines
  }

  var format: Format
  /// HTTP/1.1 streams are chunked, HTTP/1.0 ones end with the connection.
  var isChunked: Bool

  /// The form in which the feed keeps messages for this kind.
  var encoding: MessageEncoding {
    switch (format, isChunked) {
    case (.events, true): .eventStreamChunk
    case (.events, false): .eventStream
    case (.eventFrames, true): .eventStreamFramesChunk
    case (.eventFrames, false): .eventStreamFrames
    case (.lines, true): .lineChunk
    case (.lines, false): .line
    }
  }

  var contentType: String {
    format == .lines ? "application/x-ndjson; charset=utf-8" : "text/event-stream; charset=utf-8"
  }
}

extension StreamKind {
  /// What is sent after a silence: a comment to plain event streams, a frame where pages look for one.
  var heartbeat: [UInt8] { framed(format == .events ? Array(":\n".utf8) : block(.heartbeat)) }

  /// The last words of a stream, and the end of its body.
  func farewell(_ frame: ServerFrame, retry: Int) -> [UInt8] {
    framed(block(frame, retry: retry)) + (isChunked ? HTTPChunk.last : [])
  }

  /// A frame in this kind's form, without a chunk around it.
  func block(_ frame: ServerFrame, retry: Int? = nil, id: String? = nil) -> [UInt8] {
    switch format {
    case .events: EventStreamEncoder.block(retry: retry, id: id, event: frame.eventName, data: frame.json)
    case .eventFrames: EventStreamEncoder.block(retry: retry, id: id, data: frame.json)
    case .lines: frame.json + [0x0A]
    }
  }

  func framed(_ bytes: [UInt8]) -> [UInt8] { isChunked ? HTTPChunk.encode(bytes) : bytes }
}
