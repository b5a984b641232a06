internal import HalleyEventLoop
internal import HalleyProtocols

/// What a WebSocket connection keeps in its slot; all zero when it opens.
@safe struct WebSocketSlot: BitwiseCopyable {
  var receiver = WebSocketReceiver()
  /// When the connection opened: the low bits of the loop's milliseconds.
  var openedAt: UInt32 = 0
  /// The payload of the message that is being handled.
  var payload: UnsafePointer<UInt8>?
  // Five bytes, and three more that fill the word: all in all the 64 that a slot has.
  var keepAlive = WebSocketKeepAlive()
  /// Window bits of what we send; 0: no compression.
  var deflateBits: UInt8 = 0
  var marks: Marks = []
  /// Percent of the configured intervals that this connection uses, 90–110; ten less is its share of `rotate`.
  var pace: UInt8 = 0
  /// Grows with each message; a view with another number has expired.
  var serial: UInt32 = 0
  /// When the last output before the last ping went out: the low bits of the loop's milliseconds.
  var seenAt: UInt32 = 0

  struct Marks: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// A pong waits behind other output; newer pings replace what follows it.
    static let pongQueued = Marks(rawValue: 1)
    /// No further message now: output has piled up, or the connection ends.
    static let halted = Marks(rawValue: 2)
    /// Reading is paused until output has drained.
    static let paused = Marks(rawValue: 4)
  }

  /// Whether a frame needs no more than a head before its payload.
  var mayWriteInPlace: Bool { receiver.isOpen && deflateBits == 0 }

  /// The slot of a connection of this kind. Slots never move, and a stale handle gets zeroes that nobody reads.
  @inline(__always)
  static func of(_ connection: Connection) -> UnsafeMutablePointer<WebSocketSlot> {
    unsafe withUnsafeMutablePointer(to: &connection[state: WebSocketSlot.self]) { unsafe $0 }
  }
}

/// What only some connections need beyond their slot: made when it is needed, freed when it is not.
///
/// A connection has one object. As long as it needs no companion, that is what a subclass of the driver has attached,
/// or nothing; after that the companion holds the attachment.
final class WebSocketCompanion {
  /// Earlier fragments of a message, or an inflated one.
  var memory = WebSocketMemory()
  /// The newest ping that could not be answered.
  var pong: [UInt8]?
  /// The handler's side; nil on routes without one.
  var socket: WebSocket?
  private var attachment: AnyObject?

  private var isNeeded: Bool { memory.count > 0 || pong != nil || socket != nil }

  /// The connection's companion, if it has one.
  static func existing(_ connection: Connection) -> WebSocketCompanion? { connection.object as? WebSocketCompanion }

  /// The connection's companion, made if need be.
  static func of(_ connection: Connection) -> WebSocketCompanion {
    if let companion = existing(connection) { return companion }
    let companion = WebSocketCompanion()
    companion.attachment = connection.object
    connection.object = companion
    return companion
  }

  /// Frees it unless it still holds something.
  static func release(_ connection: Connection) {
    if let companion = existing(connection), !companion.isNeeded { connection.object = companion.attachment }
  }

  /// Whatever a subclass of the driver needs for this connection; never a companion.
  static func attach(_ object: AnyObject, to connection: Connection) {
    if let companion = existing(connection) { companion.attachment = object } else { connection.object = object }
  }

  /// What has been attached, if it is of that kind.
  @inline(__always)
  static func attachment<Kind: AnyObject>(of connection: Connection, as kind: Kind.Type) -> Kind? {
    guard let object = connection.object else { return nil }
    return object as? Kind ?? (object as? WebSocketCompanion)?.attachment as? Kind
  }
}
