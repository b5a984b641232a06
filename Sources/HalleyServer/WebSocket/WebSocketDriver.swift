package import HalleyEventLoop
package import HalleyProtocols

/// Speaks WebSocket on the connections of one route on one loop: reads frames in place, answers control frames, keeps
/// limits and deadlines. A subclass says what becomes of the messages.
///
/// To hand a connection over: `prepare` what the handshake has agreed, then at once detach the socket to this driver.
@safe package class WebSocketDriver: ConnectionDriver {
  final let settings: SettingsSource
  /// Limits in memory that never moves, so that reading them per message costs one load.
  private let limits: UnsafeMutablePointer<WebSocketLimits>
  /// Contexts shared by all connections of this driver.
  let compression = WebSocketCompression()
  /// Output that may wait before a peer's further messages are left unread, bytes.
  private(set) var softLimit = 0
  private(set) var timing = WebSocketTiming()
  private var prepared = WebSocketSession()
  private var pings: UInt64 = 0
  /// Live connections.
  package private(set) final var live = 0
  /// Told of each connection's end, after `finished`.
  package final var onEnded: (Connection) -> Void = { _ in }
  private var random: UInt64 = .random(in: 1 ... .max)

  /// - Parameter settings: read now and whenever `settingsChanged` is called.
  package init(settings: SettingsSource) {
    self.settings = settings
    unsafe limits = .allocate(capacity: 1)
    unsafe limits.initialize(to: WebSocketLimits())
    super.init()
    reload()
  }

  deinit { unsafe limits.deallocate() }

  /// What the next connection has agreed in its handshake; to be called right before it is detached to this driver.
  package final func prepare(_ session: WebSocketSession) { prepared = session }

  /// The settings have been replaced: takes them over; limits count from the next frame on.
  /// Call `rearm` for each connection afterwards.
  package func reload() {
    let now = settings.current
    unsafe limits.pointee = WebSocketLimits(
      maxMessage: now.webSocketMaxMessage, maxFragments: now.webSocketMaxFragments)
    timing = WebSocketTiming(now)
    softLimit = now.queueSoft
    let frame = now.webSocketMaxMessage + now.webSocketMaxMessage / 8 + 128
    // A frame that is not complete, and what one read brings behind it.
    maxInput = 2 * frame + 1 << 20
    // A message that may come in may also go out again.
    hardQueueLimit = max(now.queueHard, now.queueSoft + frame)
    writeStall = UInt64(now.queueStall)
  }

  // MARK: For subclasses

  /// The connection is open; the answer to the handshake is written already.
  package func began(_ socket: WebSocketConnection, _ session: WebSocketSession) {}

  /// A message; a view that ends with the call.
  package func message(_ socket: WebSocketConnection, _ message: WebSocketMessage) {}

  /// Our close frame is out before the peer's: no data may follow it, so whatever writes to the connection must stop.
  package func closing(_ socket: WebSocketConnection) {}

  /// The peer has closed, failed or vanished, or our close frame has been answered; nothing more comes in.
  /// Called once; `code` is 1006 when there was no close frame; `isFailure`: it was no orderly close.
  package func finished(_ socket: WebSocketConnection, _ code: WebSocketCloseCode, isFailure: Bool) {}

  /// Another deadline of the subclass: does what is due and returns when to call again; nil: never.
  package func due(_ socket: WebSocketConnection, now: UInt64) -> UInt64? { nil }

  // MARK: Reading

  package override func opened(_ connection: Connection) {
    live += 1
    let session = prepared
    prepared = WebSocketSession()
    let slot = unsafe WebSocketSlot.of(connection)
    unsafe slot.pointee.deflateBits = UInt8(clamping: session.deflateBits)
    unsafe slot.pointee.openedAt = UInt32(truncatingIfNeeded: connection.loop.now)
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    unsafe slot.pointee.pace = 90 + UInt8((random >> 33) % 21)
    began(WebSocketConnection(connection), session)
    rearm(connection)
  }

  package override func received(
    _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) -> Int {
    unsafe read(connection, bytes, count) { message(WebSocketConnection(connection), $0) }
  }

  /// The read path: hands every message to `deliver`, in place. Inlined, so that `deliver` costs no call of its own.
  /// Returns how many bytes were used.
  @inline(__always)
  final func read(
    _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ deliver: (WebSocketMessage) -> Void
  ) -> Int {
    let slot = unsafe WebSocketSlot.of(connection)
    var step = WebSocketReceiver.Step()
    // Answers to the last read may have found the socket full.
    if connection.queuedBytes > softLimit, unsafe slot.pointee.receiver.isOpen {
      unsafe slot.pointee.marks.insert(.halted)
    }
    while unsafe !slot.pointee.marks.contains(.halted) {
      let event = unsafe next(slot, bytes, count, &step)
      // Everything but a whole, uncompressed message is rare.
      if event == .message, step.first & WebSocketOpcode.rsv1 == 0 {
        unsafe slot.pointee.payload = UnsafePointer(bytes + step.start)
        deliver(unsafe WebSocketMessage(connection, slot, step.length, step.first))
        unsafe slot.pointee.serial &+= 1
      } else if event == .more {
        return step.next
      } else if let length = unsafe assemble(event, connection, bytes, step) {
        message(WebSocketConnection(connection), unsafe WebSocketMessage(connection, slot, length, step.first))
        unsafe slot.pointee.serial &+= 1
        forget(connection)
      }
    }
    hold(connection)
    return step.next
  }

  /// Reads one frame under the limits in force.
  @inline(__always)
  final func next(
    _ slot: UnsafeMutablePointer<WebSocketSlot>, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int,
    _ step: inout WebSocketReceiver.Step
  ) -> WebSocketReceiver.Event {
    unsafe slot.pointee.receiver.next(
      bytes, count, limits: limits.pointee, compression: slot.pointee.deflateBits != 0, &step)
  }

  /// Takes what is no message in place. Returns the length of a message that has become complete in the companion's
  /// memory, where the slot points to it; nil otherwise.
  @inline(never)
  final func assemble(
    _ event: WebSocketReceiver.Event, _ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>,
    _ step: WebSocketReceiver.Step
  ) -> Int? {
    let payload = unsafe UnsafePointer(bytes) + step.start
    switch event {
    case .more: break
    case .part: unsafe WebSocketCompanion.of(connection).memory.append(payload, step.length)
    case .lastPart:
      let companion = WebSocketCompanion.of(connection)
      unsafe companion.memory.append(payload, step.length)
      if step.first & WebSocketOpcode.rsv1 != 0 {
        // Fragments that are all empty have no memory; they are an empty message all the same.
        let packed = unsafe companion.memory.bytes.map { unsafe UnsafePointer($0) } ?? payload
        return unsafe inflate(connection, companion, packed, companion.memory.count, step.first)
      }
      return show(connection, companion)
    case .message:
      let companion = WebSocketCompanion.of(connection)
      return unsafe inflate(connection, companion, payload, step.length, step.first)
    case .ping: unsafe pong(connection, UnsafeBufferPointer(start: payload, count: step.length))
    case .pong: break
    case .close: answerClose(connection, step, isFailure: false)
    case .failure: answerClose(connection, step, isFailure: true)
    }
    return nil
  }

  private func inflate(
    _ connection: Connection, _ companion: WebSocketCompanion, _ payload: UnsafePointer<UInt8>, _ count: Int,
    _ first: UInt8
  ) -> Int? {
    var inflated = WebSocketMemory()
    let failure = unsafe compression.inflate(
      payload, count, into: &inflated, limit: limits.pointee.maxMessage,
      isText: first & 15 == WebSocketOpcode.text)
    if let failure {
      companion.memory.clear()
      fail(connection, failure)
      return nil
    }
    companion.memory = inflated
    return show(connection, companion)
  }

  /// Points the slot to the message in the companion's memory.
  private func show(_ connection: Connection, _ companion: WebSocketCompanion) -> Int {
    _ = unsafe companion.memory.reserve(1)
    unsafe WebSocketSlot.of(connection).pointee.payload = companion.memory.bytes.map { unsafe UnsafePointer($0) }
    return companion.memory.count
  }

  /// The message in the companion's memory has been dealt with.
  final func forget(_ connection: Connection) {
    guard let companion = WebSocketCompanion.existing(connection) else { return }
    companion.memory.clear()
    WebSocketCompanion.release(connection)
  }

  /// Output has piled up: what the peer has sent stays unread until it takes some.
  private func hold(_ connection: Connection) {
    let slot = unsafe WebSocketSlot.of(connection)
    guard unsafe slot.pointee.receiver.isOpen else { return }
    unsafe slot.pointee.marks.insert(.paused)
    connection.pauseReading()
  }

  // MARK: Output and end

  package override func drained(_ connection: Connection) {
    let slot = unsafe WebSocketSlot.of(connection)
    if unsafe slot.pointee.marks.contains(.pongQueued) { sendLatePong(connection) }
    readOn(connection)
  }

  /// Takes further messages from a peer whose input was left unread because output had piled up.
  final func readOn(_ connection: Connection) {
    let slot = unsafe WebSocketSlot.of(connection)
    guard unsafe slot.pointee.marks.contains(.halted) else { return }
    unsafe slot.pointee.marks.remove([.halted, .paused])
    connection.resumeReading()
  }

  /// Whether our close frame goes out instead of what is queued rather than behind it.
  var dropsQueueToClose: Bool { false }

  /// A consumer too slow for what is sent to it: told with 4100, and given `websocket.closeTimeout` to take what waits.
  package override func overflowed(_ connection: Connection) {
    let socket = WebSocketConnection(connection)
    if socket.isOpen {
      socket.close(code: .slowConsumer)
    } else {
      connection.close()
    }
  }

  package override func ended(_ connection: Connection) {
    let slot = unsafe WebSocketSlot.of(connection)
    if unsafe !slot.pointee.receiver.isClosed { finished(WebSocketConnection(connection), .abnormal, isFailure: true) }
    live -= 1
    onEnded(connection)
  }

  package override func deadline(_ connection: Connection) { judge(connection) }

  /// Counts up; the payload of our pings.
  final func nextPing() -> UInt64 {
    pings &+= 1
    return pings
  }
}
