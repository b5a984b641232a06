package import HalleyProtocols

/// How a stream frames its messages.
package struct StreamKind: Hashable, Sendable {
  package enum Format: Hashable, Sendable {
    /// Plain event stream: `data:` is the payload.
    case events
    /// Event stream whose `data:` is a frame.
    case eventFrames
    /// One frame a line.
    case lines
    /// One script element a frame, in an HTML document that never ends: forever-iframe and `htmlfile`.
    case scripts(ScriptCall)
  }

  package var format: Format
  /// HTTP/1.1 streams are chunked, HTTP/1.0 ones end with the connection.
  package var isChunked: Bool

  package init(format: Format, isChunked: Bool) {
    self.format = format
    self.isChunked = isChunked
  }

  /// The form in which messages keep themselves for this kind; scripts still put their call around it.
  package var encoding: MessageEncoding {
    switch (format, isChunked) {
    case (.events, true): .eventStreamChunk
    case (.events, false): .eventStream
    case (.eventFrames, true): .eventStreamFramesChunk
    case (.eventFrames, false): .eventStreamFrames
    case (.lines, true): .lineChunk
    case (.lines, false): .line
    case (.scripts, _): .scriptFrame
    }
  }

  package var contentType: String {
    switch format {
    case .events, .eventFrames: "text/event-stream; charset=utf-8"
    case .lines: "application/x-ndjson; charset=utf-8"
    case .scripts: "text/html; charset=utf-8"
    }
  }

  /// The stream ends after `stream.maxBytes` of body, so that the page can give the memory of what it has read back.
  package var isCapped: Bool {
    switch format {
    case .events, .eventFrames: false
    case .lines, .scripts: true
    }
  }

  /// The same kind as a body of its own, without chunks.
  package var whole: StreamKind { StreamKind(format: format, isChunked: false) }
}

extension StreamKind {
  /// What is sent after a silence: a comment to plain event streams, a frame where pages look for one.
  package var heartbeat: [UInt8] { format == .events ? Array(":\n".utf8) : block(.heartbeat) }

  /// The last words of a stream, and the end of its body.
  package func farewell(_ frame: ServerFrame, retry: Int) -> [UInt8] {
    framed(block(frame, retry: retry)) + (isChunked ? HTTPChunk.last : [])
  }

  /// A message as it leaves, chunk and all; where subscribers of one kind share it, it is made once.
  package func bytes(of message: Delivery) -> [UInt8] {
    guard case .scripts(let call) = format else { return message.encoded(encoding) }
    return framed(call.script(around: message.encoded(.scriptFrame)))
  }

  /// How many bytes of body a message is, without the chunk around it.
  package func bodyCount(of message: Delivery) -> Int {
    guard case .scripts(let call) = format else { return message.encoded(whole.encoding).count }
    return call.script(around: []).count + message.encoded(.scriptFrame).count
  }

  /// A frame in this kind's form, without a chunk around it.
  package func block(_ frame: ServerFrame, retry: Int? = nil, id: String? = nil) -> [UInt8] {
    switch format {
    case .events: EventStreamEncoder.block(retry: retry, id: id, event: frame.eventName, data: frame.json)
    case .eventFrames: EventStreamEncoder.block(retry: retry, id: id, data: frame.json)
    case .lines: frame.json + [0x0A]
    case .scripts(let call): call.script(around: JSONString.scriptSafe(frame.json))
    }
  }

  package func framed(_ bytes: [UInt8]) -> [UInt8] { isChunked ? HTTPChunk.encode(bytes) : bytes }
}
