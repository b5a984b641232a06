internal import HalleyEventLoop
internal import HalleyProtocols
internal import Synchronization

extension WebSocket: AsyncSequence {
  /// Messages, as views of the bytes where they are.
  public typealias Element = WebSocketMessage
  /// Why the iteration can fail: the peer vanished or broke the protocol.
  public typealias Failure = WebSocketError

  /// Iterates over the messages of the peer; by one task at a time.
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let socket: WebSocket

    @inlinable init(_ socket: WebSocket) { self.socket = socket }

    /// The next message; the one before it has expired then. nil when the connection has been closed in order.
    ///
    /// Inlined around synchronous functions: while messages are there, no asynchronous function is entered.
    @inlinable @inline(__always)
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(WebSocketError) -> WebSocketMessage? {
      while true {
        if let message = socket.take() { return message }
        if socket.hasEnded { return try socket.end() }
        unsafe await withUnsafeContinuation { unsafe socket.park($0) }
      }
    }

    /// The same without isolation.
    @inlinable public mutating func next() async throws(WebSocketError) -> WebSocketMessage? {
      try await next(isolation: nil)
    }
  }

  /// An iterator over what has not been read yet.
  @inlinable public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  // MARK: The handler's side

  /// A message that is there.
  @usableFromInline func take() -> WebSocketMessage? {
    guard loop.isOnLoop else { return takeElsewhere() }
    let slot = unsafe WebSocketSlot.of(connection)
    unsafe slot.pointee.serial &+= 1
    viewLength = -1
    if viewPlace != .window { expireView() }
    if hasMail, let message = takeMail() { return message }
    guard let window = unsafe window else { return nil }
    var step = WebSocketReceiver.Step()
    step.next = at
    while true {
      let event = unsafe driver.next(slot, window, have, &step)
      at = step.next
      if event == .message, step.first & WebSocketOpcode.rsv1 == 0 {
        unsafe slot.pointee.payload = UnsafePointer(window + step.start)
        viewLength = step.length
        viewPlace = .window
        return unsafe WebSocketMessage(connection, slot, step.length, step.first)
      }
      if event == .more { return nil }
      if let length = unsafe driver.assemble(event, connection, window, step) {
        viewLength = length
        viewPlace = .companion
        return unsafe WebSocketMessage(connection, slot, length, step.first)
      }
      if isOver { return nil }
    }
  }

  private func expireView() {
    switch viewPlace {
    case .window: break
    case .companion: driver.forget(connection)
    case .held: held.clear()
    }
    viewPlace = .window
  }

  private func takeMail() -> WebSocketMessage? {
    let (letter, isEmpty) = inbox.withLock { ($0.pop(), $0.isEmpty) }
    if isEmpty {
      hasMail = false
      relieve()
    }
    return letter.map { WebSocketMessage(connection, copy: $0.bytes, $0.first) }
  }

  private func takeElsewhere() -> WebSocketMessage? {
    let (letter, isEmpty) = inbox.withLock { ($0.pop(), $0.isEmpty) }
    guard let letter else { return nil }
    if isEmpty { loop.submit { self.relieve() } }
    return WebSocketMessage(connection, copy: letter.bytes, letter.first)
  }

  /// Whether nothing more comes.
  @usableFromInline var hasEnded: Bool {
    loop.isOnLoop ? isOver : inbox.withLock { $0.end != nil && $0.isEmpty }
  }

  /// The end of the iteration.
  @usableFromInline func end() throws(WebSocketError) -> WebSocketMessage? {
    let (code, isFailure) = inbox.withLock { ($0.end ?? .abnormal, $0.isFailure) }
    if isFailure { throw .lost(code) }
    return nil
  }

  /// Waits for input.
  @usableFromInline func park(_ continuation: UnsafeContinuation<Void, Never>) {
    if loop.isOnLoop {
      if unsafe reader == nil { unsafe reader = unsafe continuation } else { unsafe moreReaders.append(continuation) }
      return
    }
    let isNow = inbox.withLock { inbox in
      if unsafe !inbox.isEmpty || inbox.end != nil || inbox.reader != nil { return true }
      unsafe inbox.reader = unsafe continuation
      return false
    }
    if isNow { unsafe continuation.resume() } else { loop.submit { self.relieve() } }
  }

  // MARK: The loop's side

  /// Input has arrived: lets the handler take it in place, and keeps what it leaves. Returns how much was used.
  func arrived(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    unsafe window = bytes
    at = 0
    have = count
    if connection.queuedBytes > driver.softLimit { isCongested = true }
    wakeReaders()
    loop.executor.drain()
    // The usual case is a handler that is back and waits for more.
    if unsafe reader == nil, !isOver { collect() }
    unsafe window = nil
    return isOver ? count : at
  }

  /// The handler is busy or elsewhere. The view it may hold moves to memory of its own, control frames are answered,
  /// messages are kept, up to the soft limit.
  private func collect() {
    let slot = unsafe WebSocketSlot.of(connection)
    if viewLength >= 0 { keepView() }
    guard let window = unsafe window else { return }
    var step = WebSocketReceiver.Step()
    step.next = at
    while !isOver, mayCollect {
      let event = unsafe driver.next(slot, window, have, &step)
      at = step.next
      if event == .more { return }
      if event == .message, step.first & WebSocketOpcode.rsv1 == 0 {
        unsafe post(step.first, unsafe UnsafePointer(window + step.start), step.length)
      } else if let length = unsafe driver.assemble(event, connection, window, step) {
        if let payload = unsafe slot.pointee.payload { unsafe post(step.first, payload, length) }
        driver.forget(connection)
      }
    }
    if !isOver {
      isPaused = true
      unsafe slot.pointee.marks.insert(.paused)
      connection.pauseReading()
    }
  }

  /// Data is dropped anyhow once our close frame is out, and the answer must be read.
  private var mayCollect: Bool {
    unsafe inbox.withLock { $0.weight } <= driver.softLimit || !WebSocketSlot.of(connection).pointee.receiver.isOpen
  }

  private func keepView() {
    let slot = unsafe WebSocketSlot.of(connection)
    switch viewPlace {
    case .held: return
    case .window:
      guard let payload = unsafe slot.pointee.payload else { return }
      unsafe held.append(payload, viewLength)
    case .companion:
      guard let companion = WebSocketCompanion.existing(connection) else { return }
      swap(&held, &companion.memory)
    }
    viewPlace = .held
    unsafe slot.pointee.payload = held.bytes.map { unsafe UnsafePointer($0) }
  }

  private func post(_ first: UInt8, _ payload: UnsafePointer<UInt8>, _ count: Int) {
    let bytes = unsafe Array(UnsafeBufferPointer(start: payload, count: count))
    hasMail = true
    unsafe inbox.withLock { unsafe $0.put(.init(first: first, bytes: bytes)) }?.resume()
  }

  /// Reads on when the inbox has been emptied.
  private func relieve() {
    guard isPaused, inbox.withLock({ $0.isEmpty }) else { return }
    isPaused = false
    unsafe WebSocketSlot.of(connection).pointee.marks.remove(.paused)
    connection.resumeReading()
  }
}
