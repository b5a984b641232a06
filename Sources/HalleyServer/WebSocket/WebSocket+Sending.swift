internal import HalleyEventLoop
public import HalleyProtocols
internal import Synchronization

extension WebSocket {
  /// Sends a message back, as text or binary as it came, without copying it in between.
  ///
  /// Suspends while more than `queue.soft` waits for the peer.
  /// - Throws: `WebSocketError.closed` when the connection is closing; `.expired` for a view that has ended.
  @inlinable @inline(__always)
  public func send(
    _ message: WebSocketMessage, isolation actor: isolated (any Actor)? = #isolation
  ) async throws(WebSocketError) {
    // Inlined around synchronous functions, like the iteration: a message that can leave enters no asynchronous one.
    while true {
      if try sendNow(message) { return }
      let outcome = unsafe await withUnsafeContinuation { unsafe wait($0, message) }
      if try outcome.isSent() { return }
    }
  }

  /// Sends a text message. Suspends while more than `queue.soft` waits for the peer.
  /// - Throws: `WebSocketError.closed` when the connection is closing.
  public nonisolated(nonsending) func send(_ text: String) async throws(WebSocketError) {
    try await send(WebSocketMessage(connection, copy: Array(text.utf8), WebSocketOpcode.text))
  }

  /// Sends a binary message. Suspends while more than `queue.soft` waits for the peer.
  /// - Throws: `WebSocketError.closed` when the connection is closing.
  public nonisolated(nonsending) func send(bytes: [UInt8]) async throws(WebSocketError) {
    try await send(WebSocketMessage(connection, copy: bytes, WebSocketOpcode.binary))
  }

  /// What became of a message that had to wait.
  @usableFromInline enum SendOutcome: Sendable {
    /// There may be room now.
    case retry
    /// The loop has written it.
    case sent
    /// The connection has ended first.
    case closed(WebSocketCloseCode)
    /// It was a view, and not on the loop.
    case expired

    @usableFromInline func isSent() throws(WebSocketError) -> Bool {
      switch self {
      case .retry: return false
      case .sent: return true
      case .closed(let code): throw .closed(code)
      case .expired: throw .expired
      }
    }
  }

  /// Sends when nothing stands in the way; false: wait.
  @usableFromInline func sendNow(_ message: WebSocketMessage) throws(WebSocketError) -> Bool {
    guard loop.isOnLoop else { return false }
    if !isCongested, WebSocketConnection(connection).sendInPlace(message) { return true }
    return try sendWithCare(message)
  }

  @inline(never)
  private func sendWithCare(_ message: WebSocketMessage) throws(WebSocketError) -> Bool {
    let socket = WebSocketConnection(connection)
    if !socket.isOpen { throw .closed(closeCode ?? .normal) }
    if message.owned == nil, unsafe message.payloadOnLoop() == nil { throw .expired }
    guard connection.queuedBytes <= driver.softLimit else { return false }
    socket.send(message)
    return true
  }

  /// Waits for room, on the loop; elsewhere, for the loop to write it.
  @usableFromInline func wait(_ sender: UnsafeContinuation<SendOutcome, Never>, _ message: WebSocketMessage) {
    if loop.isOnLoop { return unsafe senders.append(sender) }
    guard let bytes = message.owned else { return unsafe sender.resume(returning: .expired) }
    let letter = WebSocketInbox.Letter(first: message.first, bytes: bytes)
    let end = inbox.withLock { inbox in
      if inbox.end == nil { unsafe inbox.outgoing.append(.init(letter: letter, sender: sender)) }
      return inbox.end
    }
    if let end {
      unsafe sender.resume(returning: .closed(end))
    } else {
      loop.submit { self.writeOutgoing() }
    }
  }

  // MARK: The loop's side

  /// Queued output has left.
  func drained() {
    isCongested = false
    wakeSenders()
    writeOutgoing()
  }

  private func writeOutgoing() {
    let socket = WebSocketConnection(connection)
    while !socket.isOpen || connection.queuedBytes <= driver.softLimit {
      let next = inbox.withLock { $0.outgoing.isEmpty ? nil : $0.outgoing.removeFirst() }
      guard let next = next else { return }
      guard socket.isOpen else {
        unsafe next.sender.resume(returning: .closed(closeCode ?? .normal))
        continue
      }
      unsafe next.letter.bytes.withUnsafeBufferPointer { unsafe socket.send(next.letter.first, $0) }
      unsafe next.sender.resume(returning: .sent)
    }
  }
}
