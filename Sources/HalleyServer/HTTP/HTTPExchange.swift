internal import CHalleyShims
package import HTTPTypes
package import HalleyProtocols

/// One request on evhttp and its answer.
///
/// It is answered once: by `reply`, by `beginStream` … `end`, by `detach`, or by `abort`. It may be kept and answered
/// later. When the connection goes first the exchange becomes inert: `isGone` turns true and whatever is called on it
/// does nothing. Everything is called on the loop that it came from.
@safe package final class HTTPExchange: @unchecked Sendable {
  // Sendable so that a task on the loop's executor can answer it; all state is confined to the loop's thread.

  /// The request's head, parsed by `HTTPHeadParser` from the bytes the client sent.
  package private(set) var head: HTTPRequestHead
  /// The decoded body. Empty for GET, whose body is read and dropped.
  package internal(set) var body: [UInt8] = []

  /// The connection ended before the answer was complete.
  package private(set) var isGone = false
  /// Whether an answer can still be given.
  package var isOpen: Bool { unsafe connection != nil }

  unowned let carrier: HTTPCarrier
  /// nil once the exchange is over.
  var connection: OpaquePointer?
  var bodyReader: BodyReader?

  private var onGone: (() -> Void)?
  private var onDrained: (() -> Void)?
  private var isDraining = false
  private var isQueued = false
  private var framing = ResponseFraming.none
  private var streamCloses = false
  private var hasStreamBody = false

  init(_ head: HTTPRequestHead, _ carrier: HTTPCarrier, _ connection: OpaquePointer) {
    self.head = head
    self.carrier = carrier
    unsafe self.connection = connection
  }

  /// The peer's numeric address, without the port; empty once the exchange is over.
  package var peer: String {
    guard let connection = unsafe connection else { return "" }
    return unsafe String(cString: halley_guard_peer(connection))
  }

  /// Whether the peer is on this machine.
  var isFromLoopback: Bool {
    let peer = peer
    return peer.hasPrefix("127.") || peer == "::1"
  }

  // MARK: Whole answers

  /// Answers and ends the exchange. Adds `Date`, `Content-Length` and `Connection`; these and the transfer coding are
  /// taken out of `fields`. HEAD, 204 and 304 send no body.
  ///
  /// - Parameters:
  ///   - status: 200 to 599. Anything else, or a field that would break the head's lines, answers 500 instead.
  ///   - length: what `Content-Length` says to a HEAD whose body has not been made.
  ///   - closes: ends the connection too.
  package func reply(
    status: Int, fields: HTTPFields = [:], body: [UInt8] = [], length: Int? = nil, closes: Bool = false
  ) {
    guard unsafe connection != nil else { return }
    carrier.responses.begin(status)
    carrier.responses.add(fields)
    unsafe body.withUnsafeBytes {
      unsafe send(status, $0.baseAddress, $0.count, nil, length: length, closes: closes)
    }
  }

  /// The same with fields as plain pairs, for answers whose fields are constant.
  package func reply(status: Int, pairs: [(String, String)], body: [UInt8] = [], closes: Bool = false) {
    guard unsafe connection != nil else { return }
    carrier.responses.begin(status)
    for (name, value) in pairs { carrier.responses.add(name, value) }
    unsafe body.withUnsafeBytes { unsafe send(status, $0.baseAddress, $0.count, nil, length: nil, closes: closes) }
  }

  /// The same with a body shared by many exchanges; it is not copied, and is kept while the kernel needs it.
  package func reply(status: Int, fields: HTTPFields, shared: SharedBody) {
    guard unsafe connection != nil else { return }
    carrier.responses.begin(status)
    carrier.responses.add(fields)
    let owner = unsafe Unmanaged.passUnretained(shared).toOpaque()
    unsafe send(status, shared.start, shared.count, owner, length: nil, closes: false)
  }

  /// Answers with a constant JSON body, `{"error":"<code>"}`.
  package func reply(error code: StaticString, status: Int, fields: HTTPFields = [:], closes: Bool = false) {
    var fields = fields
    fields[.contentType] = "application/json"
    reply(status: status, fields: fields, body: Array("{\"error\":\"\(code)\"}".utf8), closes: closes)
  }

  private func send(
    _ status: Int, _ body: UnsafeRawPointer?, _ count: Int, _ owner: UnsafeMutableRawPointer?, length: Int?,
    closes: Bool
  ) {
    guard let connection = unsafe connection else { return }
    let hasBody = status >= 200 && status != 204 && status != 304
    let closes = closes || carrier.closes(after: head)
    let framing: ResponseFraming = hasBody ? .length(head.method == .head ? length ?? count : count) : .none
    let isSound = carrier.responses.finish(framing, closes: closes, minorVersion: head.minorVersion)
    guard isSound, (200...599).contains(status) else {
      // A broken answer of ours, not of the client's; the connection does not survive it.
      carrier.responses.error(500, "internal")
      let bytes = unsafe carrier.responses.buffer.bytes
      unsafe halley_guard_reply(connection, bytes.baseAddress.unsafelyUnwrapped, bytes.count, nil, 0, nil, 1)
      return
    }
    let bytes = unsafe carrier.responses.buffer.bytes
    let sent = hasBody && head.method != .head ? count : 0
    unsafe halley_guard_reply(
      connection, bytes.baseAddress.unsafelyUnwrapped, bytes.count, body, sent, owner, closes ? 1 : 0)
  }

  // MARK: Streamed answers

  /// Starts an answer whose body follows with `write` and `end`. HTTP/1.1 gets chunks unless the length is known,
  /// HTTP/1.0 a body that ends with the connection.
  package func beginStream(status: Int, fields: HTTPFields, length: Int? = nil, onGone: (() -> Void)? = nil) {
    guard let connection = unsafe connection else { return }
    let hasBody = (200...599).contains(status) && status != 204 && status != 304
    if !hasBody {
      framing = .none
    } else if let length {
      framing = .length(length)
    } else {
      framing = head.minorVersion == 0 ? .connection : .chunked
    }
    hasStreamBody = hasBody && head.method != .head
    streamCloses = carrier.closes(after: head)
    if case .connection = framing { streamCloses = true }
    carrier.responses.begin(status)
    carrier.responses.add(fields)
    guard carrier.responses.finish(framing, closes: streamCloses, minorVersion: head.minorVersion) else {
      carrier.responses.error(500, "internal")
      let bytes = unsafe carrier.responses.buffer.bytes
      unsafe halley_guard_reply(connection, bytes.baseAddress.unsafelyUnwrapped, bytes.count, nil, 0, nil, 1)
      return
    }
    self.onGone = onGone
    let bytes = unsafe carrier.responses.buffer.bytes
    unsafe _ = halley_guard_stream(connection, bytes.baseAddress.unsafelyUnwrapped, bytes.count, nil, 0)
  }

  /// Sends a piece of the body. `drained` is called once: when nothing of the answer waits in this process any more,
  /// or when the connection is gone. Write the next piece from there and memory stays bounded by one piece.
  ///
  /// More than the declared length is a mistake of the caller's and aborts the connection.
  package func write(_ bytes: [UInt8], _ drained: @escaping () -> Void) {
    guard let connection = unsafe connection else {
      drained()
      return
    }
    var queued = 0
    if hasStreamBody, !bytes.isEmpty {
      let buffer = carrier.responses.buffer
      switch framing {
      case .chunked:
        buffer.reset()
        buffer.append(hexadecimal: bytes.count)
        buffer.append("\r\n")
        buffer.append(bytes)
        buffer.append("\r\n")
        let chunk = unsafe buffer.bytes
        queued = unsafe halley_guard_stream(connection, chunk.baseAddress.unsafelyUnwrapped, chunk.count, nil, 0)
      case .length(let left) where bytes.count > left:
        abort()
        drained()
        return
      case .length, .connection, .none:
        if case .length(let left) = framing { framing = .length(left - bytes.count) }
        queued = unsafe bytes.withUnsafeBytes {
          unsafe halley_guard_stream(connection, $0.baseAddress.unsafelyUnwrapped, $0.count, nil, 0)
        }
      }
    }
    wait(for: queued, drained)
  }

  /// Sends part of a file as a piece of the body. The kernel sends it where the file system allows that, 256 KiB at
  /// most in a turn of the loop, so nothing of it is in this process; otherwise it is copied in small pieces. `drained`
  /// is as for `write`; nothing may be written before it is called.
  ///
  /// A file that has become shorter resets the connection; more than the declared length ends it. Bytes that wait in
  /// the kernel for a slow peer are the file's own: what is changed in place, or cut off and so zeroed, shows until
  /// they have left. So files in service are replaced by renaming, as ever. Only for answers of known length.
  package func write(_ file: OpenFile, _ range: Range<Int>, _ drained: @escaping () -> Void) {
    guard let connection = unsafe connection else {
      drained()
      return
    }
    guard case .length(let left) = framing, range.lowerBound >= 0, range.count <= left else {
      abort()
      drained()
      return
    }
    framing = .length(left - range.count)
    var queued = 0
    if hasStreamBody {
      let owner = unsafe Unmanaged.passUnretained(file.descriptor).toOpaque()
      queued = unsafe halley_guard_send_file(
        connection, file.descriptor.number, Int64(range.lowerBound), range.count, owner)
    }
    wait(for: queued, drained)
  }

  private func wait(for queued: Int, _ drained: @escaping () -> Void) {
    // Two tasks may write to one body; the one that came first must not be forgotten.
    if let before = onDrained {
      onDrained = {
        before()
        drained()
      }
    } else {
      onDrained = drained
    }
    isQueued = queued > 0
    if !isQueued { runDrained() }
  }

  /// Ends a streamed answer. Ends the connection instead if fewer bytes were written than declared, so that the peer
  /// does not take a part for the whole.
  package func end() {
    guard let connection = unsafe connection else { return }
    if hasStreamBody {
      switch framing {
      case .chunked:
        let last: StaticString = "0\r\n\r\n"
        unsafe _ = halley_guard_stream(connection, last.utf8Start, last.utf8CodeUnitCount, nil, 0)
      case .length(let left) where left > 0:
        abort()
        return
      case .length, .connection, .none: break
      }
    }
    unsafe halley_guard_end(connection, streamCloses ? 1 : 0)
  }

  /// Ends the connection at once. `onGone` is called before this returns.
  package func abort() {
    guard let connection = unsafe connection else { return }
    unsafe halley_guard_abort(connection)
  }

  /// Keeps the request for a later `reply` and watches its peer meanwhile. `onGone` is called once if the connection
  /// ends first: the peer closed, half-closed or reset it, flooded it, or the carrier was shut down. Requests the
  /// client sends meanwhile wait for the answer.
  package func hold(onGone: @escaping () -> Void) {
    guard let connection = unsafe connection else { return }
    self.onGone = onGone
    unsafe halley_guard_hold(connection)
  }

  /// The same for a request that waits long and whose text nobody needs for the answer: it keeps of its head what
  /// `HTTPRequestHead.forgetText` leaves, which is most of what it costs beside evhttp.
  func holdWithoutText(onGone: @escaping () -> Void) {
    head.forgetText()
    hold(onGone: onGone)
  }

  // MARK: Called by the carrier

  /// All that was queued is gone. A writer that is always faster than this side gets its turns in batches, so that it
  /// neither recurses nor holds the loop.
  func runDrained() {
    if isDraining { return }
    isQueued = false
    isDraining = true
    defer { isDraining = false }
    for _ in 0..<16 {
      guard let drained = onDrained else { return }
      onDrained = nil
      drained()
      if isQueued { return }
    }
    if onDrained != nil { carrier.later { self.runDrained() } }
  }

  func finished(gone: Bool) {
    unsafe connection = nil
    isGone = gone
    let told = onGone
    let waiting = onDrained
    onGone = nil
    onDrained = nil
    waiting?()
    if gone { told?() }
  }
}
