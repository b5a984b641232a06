internal import CHalleyShims
package import HalleyEventLoop
public import HalleyProtocols

/// One WebSocket on its loop: a trivial handle, for callbacks. It may be kept, but only on the loop's thread; when the
/// connection has ended it says so, and what is sent goes nowhere.
public struct WebSocketConnection: Hashable {
  package let connection: Connection

  @inline(__always)
  package init(_ connection: Connection) { self.connection = connection }

  /// Whether data can still be sent.
  public var isOpen: Bool {
    unsafe connection.isOpen && WebSocketSlot.of(connection).pointee.receiver.isOpen
  }

  /// Bytes that wait for the peer.
  public var queuedBytes: Int { connection.queuedBytes }

  /// Sends a message back, as text or binary as it came, without a copy of it in between.
  ///
  /// Within the callback it goes to the loop's write buffer and leaves with everything else that the callback sends.
  /// When more than `queue.soft` waits for a peer that does not read, its further messages are left unread until it does;
  /// beyond `queue.hard` the connection is closed.
  public func send(_ message: WebSocketMessage) {
    if !sendInPlace(message) { sendElsewhere(message) }
  }

  /// The usual case, an answer to a view on the same connection within its own read: looks at the slot once.
  @inline(__always)
  func sendInPlace(_ message: WebSocketMessage) -> Bool {
    let slot = unsafe WebSocketSlot.of(connection)
    guard message.owned == nil, message.connection == connection, unsafe slot.pointee.serial == message.serial,
      unsafe slot.pointee.mayWriteInPlace, let payload = unsafe slot.pointee.payload,
      let out = unsafe connection.reserve(message.length &+ 10)
    else { return false }
    unsafe put(out, message.first, payload, message.length)
    return true
  }

  @inline(never)
  private func sendElsewhere(_ message: WebSocketMessage) {
    if let owned = message.owned {
      unsafe owned.withUnsafeBufferPointer { unsafe send(message.first, $0) }
    } else if let payload = unsafe message.payloadOnLoop() {
      unsafe write(message.first, payload, message.length)
    } else {
      close(code: .internalError)
    }
  }

  /// Sends a text message.
  public func send(_ text: String) {
    var text = text
    text.withUTF8 { unsafe send(0x81, $0) }
  }

  /// Sends a binary message.
  public func send(bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { unsafe send(0x82, $0) }
  }

  /// Starts the closing handshake; the connection ends when the peer has answered, or after `websocket.closeTimeout`.
  ///
  /// - Parameters:
  ///   - code: 1000–1003, 1007–1014 or 3000–4999; any other sends a close frame without a code.
  ///   - reason: cut at 123 bytes of UTF-8.
  public func close(code: WebSocketCloseCode = .normal, reason: String = "") {
    close(code: code, reason: reason, dropsQueue: driver?.dropsQueueToClose == true)
  }

  /// - Parameter dropsQueue: the close frame goes out instead of what is queued rather than behind it.
  func close(code: WebSocketCloseCode, reason: String, dropsQueue: Bool) {
    guard isOpen else { return }
    let payload = WebSocketClosePayload.encode(code, reason: reason)
    let frame = WebSocketFrameEncoder.encode(0x80 | WebSocketOpcode.close, payload)
    if dropsQueue { connection.discardQueued() }
    unsafe connection.write(frame.span.bytes)
    let slot = unsafe WebSocketSlot.of(connection)
    unsafe slot.pointee.receiver.closeSent()
    // Input may be paused; the answer must be read.
    unsafe slot.pointee.marks.remove([.halted, .paused])
    connection.resumeReading()
    driver?.awaitClose(connection)
  }

  /// Ends the connection at once, without a close frame; no further message is handed out.
  package func terminate() {
    guard connection.isOpen else { return }
    _ = unsafe WebSocketSlot.of(connection).pointee.receiver.fail()
    driver?.finished(self, .abnormal, isFailure: true)
    connection.close()
  }

  private var driver: WebSocketDriver? { connection.driver as? WebSocketDriver }

  func send(_ first: UInt8, _ payload: UnsafeBufferPointer<UInt8>) {
    // An empty buffer may have no address; any will do for no bytes.
    var none: UInt8 = 0
    if let start = payload.baseAddress {
      unsafe write(first, start, payload.count)
    } else {
      unsafe write(first, &none, 0)
    }
  }

  /// One frame: in place into the cork, or the long way.
  func write(_ first: UInt8, _ payload: UnsafePointer<UInt8>, _ count: Int) {
    if unsafe WebSocketSlot.of(connection).pointee.mayWriteInPlace, let out = unsafe connection.reserve(count &+ 10) {
      unsafe put(out, first, payload, count)
    } else {
      unsafe writeElsewhere(first, payload, count)
    }
  }

  /// `out` has room for the longest head and the payload.
  @inline(__always)
  private func put(
    _ out: UnsafeMutablePointer<UInt8>, _ first: UInt8, _ payload: UnsafePointer<UInt8>, _ count: Int
  ) {
    let head = unsafe WebSocketFrameHead.write(out, first: first, count: count)
    unsafe UnsafeMutableRawPointer(out + head).copyMemory(from: payload, byteCount: count)
    connection.commit(head &+ count)
  }

  @inline(never)
  private func writeElsewhere(_ first: UInt8, _ payload: UnsafePointer<UInt8>, _ count: Int) {
    guard isOpen, let driver else { return }
    let slot = unsafe WebSocketSlot.of(connection)
    let shared = SharedBytes(loop: connection.loop, capacity: count + 10)
    // The payload goes behind the longest head; the head is then written right before it.
    let body = unsafe shared.bytes + 10
    var length = count, bits = first
    let windowBits = unsafe slot.pointee.deflateBits
    if windowBits > 0, count > WebSocketCompression.smallest,
      let small = unsafe driver.compression.deflate(payload, count, into: body, windowBits: windowBits)
    {
      length = small
      bits |= WebSocketOpcode.rsv1
    } else {
      unsafe body.update(from: payload, count: count)
    }
    var head = InlineArray<10, UInt8>(repeating: 0)
    let headLength = unsafe withUnsafeMutableBytes(of: &head) { raw in
      unsafe raw.baseAddress.map {
        unsafe WebSocketFrameHead.write($0.assumingMemoryBound(to: UInt8.self), first: bits, count: length)
      } ?? 0
    }
    for i in 0..<headLength { unsafe (body - headLength + i).pointee = head[i] }
    shared.extend(by: 10 + length)
    if length + headLength < 16 << 10 {
      unsafe connection.write(UnsafeRawBufferPointer(start: body - headLength, count: headLength + length))
    } else {
      connection.write(shared, from: 10 - headLength, to: 10 + length)
    }
    shared.release()
    if connection.queuedBytes > driver.softLimit { unsafe slot.pointee.marks.insert(.halted) }
  }
}

@available(*, unavailable)
extension WebSocketConnection: Sendable {}
