internal import HalleyProtocols

/// What one side leaves for the other when handler and loop are not at the same place: messages that came while the
/// handler was busy, and messages that a handler off the loop wants sent. Kept under a lock.
@safe struct WebSocketInbox: Sendable {
  /// A message with bytes of its own.
  struct Letter: Sendable {
    var first: UInt8
    var bytes: [UInt8]
    /// What it counts for: an empty message costs memory too.
    var weight: Int { bytes.count + 64 }
  }

  /// A message on its way out; the sender waits until it is written.
  @safe struct Outgoing: Sendable {
    var letter: Letter
    var sender: UnsafeContinuation<WebSocket.SendOutcome, Never>
  }

  private var letters: [Letter] = []
  private var taken = 0
  private(set) var weight = 0
  var outgoing: [Outgoing] = []
  /// A handler off the loop that waits for a message.
  var reader: UnsafeContinuation<Void, Never>?
  /// How the connection has ended.
  var end: WebSocketCloseCode?
  var isFailure = false

  var isEmpty: Bool { taken == letters.count }

  /// Adds a message; returns the reader to wake.
  mutating func put(_ letter: Letter) -> UnsafeContinuation<Void, Never>? {
    letters.append(letter)
    weight += letter.weight
    defer { unsafe reader = nil }
    return unsafe reader
  }

  mutating func pop() -> Letter? {
    guard taken < letters.count else { return nil }
    let letter = letters[taken]
    taken += 1
    weight -= letter.weight
    if taken == letters.count {
      letters.removeAll()
      taken = 0
    } else if taken >= 64, taken * 2 > letters.count {
      letters.removeFirst(taken)
      taken = 0
    }
    return letter
  }
}
