internal import HalleyEventLoop
internal import HalleyProtocols

/// A message as it arrived: a view of bytes in place, or, from a socket whose handler was busy, a copy.
///
/// A view is valid until the callback returns, or until the iteration asks for the next message, and only on the
/// connection's loop; `copy()` makes it independent. An expired view, or one that is read elsewhere, is noticed: it is
/// empty, the connection is closed with 1011, and `withBytes` throws.
public struct WebSocketMessage: Sendable {
  let connection: Connection
  /// Set when the message owns its bytes.
  let owned: [UInt8]?
  let length: Int
  let serial: UInt32
  /// FIN and opcode.
  let first: UInt8

  @inline(__always)
  init(_ connection: Connection, _ slot: UnsafeMutablePointer<WebSocketSlot>, _ length: Int, _ first: UInt8) {
    self.connection = connection
    self.length = length
    serial = unsafe slot.pointee.serial
    // Without RSV1: what is shown has been inflated.
    self.first = first & 0x8F
    owned = nil
  }

  init(_ connection: Connection, copy: [UInt8], _ first: UInt8) {
    self.connection = connection
    owned = copy
    length = copy.count
    serial = 0
    self.first = first & 0x0F | WebSocketOpcode.fin
  }

  /// Whether the peer sent text; its bytes are UTF-8 then.
  public var isText: Bool { first & 15 == WebSocketOpcode.text }
  /// Bytes of payload.
  public var count: Int { length }
  /// The payload as a string: a copy. Binary that is not UTF-8 is repaired.
  public var text: String { unsafe read { unsafe String(decoding: $0, as: UTF8.self) } ?? "" }
  /// The payload as an array: a copy.
  public var bytes: [UInt8] {
    if owned != nil { return owned ?? [] }
    guard let payload = unsafe payload() else {
      expired()
      return []
    }
    return unsafe Array(UnsafeBufferPointer(start: payload, count: length))
  }

  /// A message with bytes of its own, which may be kept and may travel.
  public func copy() -> WebSocketMessage {
    owned != nil ? self : WebSocketMessage(connection, copy: bytes, first)
  }

  /// Lends the payload in place.
  /// - Throws: `WebSocketError.expired` when the view is no longer valid.
  public func withBytes<R>(_ body: (RawSpan) throws -> R) throws -> R {
    let result = unsafe try read { try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer($0))) }
    guard let result else { throw WebSocketError.expired }
    return result
  }

  /// The payload, or nil when the view has expired.
  @inline(__always)
  private func read<R>(_ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R? {
    if let owned { return try unsafe owned.withUnsafeBufferPointer(body) }
    guard let payload = unsafe payload() else {
      expired()
      return nil
    }
    return try unsafe body(UnsafeBufferPointer(start: payload, count: length))
  }

  /// Where the payload is, if this view is still good: the check costs a few instructions.
  @inline(__always)
  func payload() -> UnsafePointer<UInt8>? {
    guard connection.loop.isOnLoop else { return nil }
    return unsafe payloadOnLoop()
  }

  /// The same for callers that are on the loop anyhow.
  @inline(__always)
  func payloadOnLoop() -> UnsafePointer<UInt8>? {
    let slot = unsafe WebSocketSlot.of(connection)
    return unsafe slot.pointee.serial == serial ? slot.pointee.payload : nil
  }

  @inline(never)
  private func expired() {
    let connection = connection
    connection.loop.submit { WebSocketConnection(connection).close(code: .internalError) }
  }
}
