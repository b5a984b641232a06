internal import HalleyEventLoop
public import HalleyProtocols
internal import Synchronization

/// A WebSocket as its handler sees it.
///
/// ```swift
/// Route("/echo").websocket { socket in
///   for try await message in socket { try await socket.send(message) }
/// }
/// ```
///
/// The iteration pulls messages out of what has arrived and suspends once per read, not once per message. While the
/// handler is busy elsewhere, pings are still answered and messages wait, copied, up to `queue.soft`; then nothing more
/// is read, so that a fast peer is held back by TCP. `send` waits while more than `queue.soft` is on its way out.
///
/// Returning closes with 1000, throwing with 1011. When the peer has closed or vanished the iteration ends and the
/// handler's task is cancelled. Everything here may be called on any task; on the connection's loop it is cheapest.
/// One task iterates, any number may send; a message is sent whole.
@safe public final class WebSocket: @unchecked Sendable {
  // Unchecked: the `var`s are confined to the loop, which every entry checks; `inbox` is shared under its lock.

  /// The request of the handshake.
  public let request: Request
  /// The subprotocol agreed, if any.
  public let subprotocol: String?

  let connection: Connection
  let loop: EventLoop
  let driver: WebSocketDriver
  let inbox = Mutex(WebSocketInbox())

  /// Unread bytes while the driver's `received` runs: `at..<have`.
  var window: UnsafeMutablePointer<UInt8>?
  var at = 0
  var have = 0
  /// The view that is out: its length, or -1, and where its bytes are.
  var viewLength = -1
  var viewPlace = Place.window
  enum Place { case window, companion, held }
  var held = WebSocketMemory()

  var reader: UnsafeContinuation<Void, Never>?
  var moreReaders: [UnsafeContinuation<Void, Never>] = unsafe []
  var senders: [UnsafeContinuation<SendOutcome, Never>] = unsafe []
  /// Messages wait in the inbox, perhaps.
  var hasMail = false
  var isPaused = false
  /// More than the soft limit was queued when the last input arrived: sending in place must wait too.
  var isCongested = false
  var isOver = false
  var task: Task<Void, Never>?

  init(_ connection: Connection, _ driver: WebSocketDriver, _ session: WebSocketSession) {
    self.connection = connection
    self.driver = driver
    loop = connection.loop
    subprotocol = session.subprotocol
    request = session.request?.compacted() ?? .none
  }

  /// Starts the closing handshake. Later messages are neither sent nor received; the iteration ends when the peer has
  /// answered, or after `websocket.closeTimeout`.
  ///
  /// - Parameters:
  ///   - code: 1000–1003, 1007–1014 or 3000–4999; any other sends a close frame without a code.
  ///   - reason: cut at 123 bytes of UTF-8.
  public func close(code: WebSocketCloseCode = .normal, reason: String = "") {
    if loop.isOnLoop {
      WebSocketConnection(connection).close(code: code, reason: reason)
    } else {
      let connection = connection
      loop.submit { WebSocketConnection(connection).close(code: code, reason: reason) }
    }
  }

  /// How the connection has ended, or nil: the peer's code, 1005 if it gave none, 1006 if it vanished.
  public var closeCode: WebSocketCloseCode? { inbox.withLock { $0.end } }

  // MARK: The handler's task

  func start(
    offLoop: Bool, report: @escaping @Sendable (any Error) -> Void,
    _ handler: @escaping @concurrent @Sendable (WebSocket) async throws -> Void
  ) {
    task = Task(executorPreference: offLoop ? nil : loop.executor) { [self] in
      do {
        try await handler(self)
        close()
      } catch {
        // What follows from the end of the connection is no news.
        if closeCode == nil { report(error) }
        close(code: .internalError)
      }
    }
  }

  /// The connection has ended; on the loop, once.
  func finished(_ code: WebSocketCloseCode, isFailure: Bool) {
    isOver = true
    unsafe window = nil
    let (reader, outgoing) = unsafe inbox.withLock { inbox in
      inbox.end = code
      inbox.isFailure = isFailure
      defer {
        unsafe inbox.reader = nil
        inbox.outgoing = []
      }
      return unsafe (inbox.reader, inbox.outgoing)
    }
    for message in outgoing { unsafe message.sender.resume(returning: .closed(code)) }
    unsafe reader?.resume()
    wakeReaders()
    wakeSenders()
    task?.cancel()
    task = nil
  }

  func wakeReaders() {
    if let waiting = unsafe reader {
      unsafe reader = nil
      unsafe waiting.resume()
    }
    if unsafe moreReaders.isEmpty { return }
    let waiting = unsafe moreReaders
    unsafe moreReaders = []
    unsafe waiting.forEach { unsafe $0.resume() }
  }

  func wakeSenders() {
    let waiting = unsafe senders
    unsafe senders = []
    unsafe waiting.forEach { unsafe $0.resume(returning: .retry) }
  }
}

extension Request {
  /// For connections that were not made by a request.
  fileprivate static var none: Request {
    Request(
      method: .get, path: "/", absolutePath: "/", query: Query(), fields: .none, body: [], parameters: [:],
      authority: "", peer: "")
  }
}
