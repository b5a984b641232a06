import HalleyChannels
import HalleyProtocols

/// One connection: both ends, and what the checker knows of it.
final class LabConnection {
  /// Where the server's end stands.
  enum Stage {
    /// The request has not come in full.
    case head
    /// A WebSocket that has not said hello.
    case hello
    /// Gets each run of messages.
    case live
    /// Gets parts of the log when its queue has drained.
    case lagging(Refill)
    /// A held poll.
    case held(PollReply)
    /// Everything is said.
    case ended

    var isHello: Bool { if case .hello = self { true } else { false } }
    /// A subscriber that may be sent to.
    var isOpen: Bool {
      switch self {
      case .live, .lagging: true
      case .head, .hello, .held, .ended: false
      }
    }
  }

  let number: Int
  let subscriber: LabSubscriber
  let transport: LabTransport
  var random: SeededRandom
  var up = LabPipe()
  var down = LabPipe()
  /// Carries nothing any more; both sides learn of it.
  var isCut = false
  /// Carries nothing any more, and nobody learns of it.
  var isHalfOpen = false
  /// The down pipe breaks at this byte.
  var cutAfter: Int?

  // The client's end.
  var clientOpen = true
  var reader: LabReader
  /// The cursor that the client had when it asked; nil for none.
  let asked: [LabPlace]?
  let start: LabStart
  let openedAt: UInt64
  var lastHeard: UInt64
  /// The server has asked to come back after so many milliseconds.
  var retry: Int?
  /// Speaks HTTP/1.0, whose streams end with the connection.
  let isOld: Bool

  // The server's end.
  var serverOpen = true
  var stage = Stage.head
  var request: [UInt8] = []
  /// How messages are framed; nil for WebSockets and polls.
  var kind: StreamKind?
  var feed: LabFeed?
  var lastInput: UInt64
  var lastOutput: UInt64 = 0
  var lastDrained: UInt64
  var isQueueWatched = false
  /// When a stream speaks and ends.
  var life: StreamLife
  var keepAlive = WebSocketKeepAlive()
  /// Per cent of the ping interval that it uses.
  var pace = 100
  var beats = 0
  /// A held poll was sent away.
  var wasMoved = false
  /// The connection ends after so many bytes.
  var endsAt: Int?

  // The checker's view.
  /// How the server must answer, in the order of the openings and resets to come.
  var expected: [LabOutcome] = []
  /// There was a reset or a message.
  var hasAnswer = false
  /// How far each channel has come on this connection.
  var places: [LabPlace] = []
  /// It has lagged under the policy that lets a newer message replace an older one of its key.
  var conflates = false

  init(
    number: Int, subscriber: LabSubscriber, asked: [LabPlace]?, random: SeededRandom, now: UInt64
  ) {
    self.number = number
    self.subscriber = subscriber
    var random = random
    self.asked = asked
    transport = subscriber.transport
    start = subscriber.start
    openedAt = now
    lastHeard = now
    lastInput = now
    lastDrained = now
    life = StreamLife(openedAt: now, using: &random)
    self.random = random
    isOld = subscriber.number % 5 == 4 && !subscriber.transport.isWebSocket
    reader = LabReader(transport, lastEventID: asked.map(LabPlace.cursor) ?? "")
  }
}

/// A subscriber that follows the contract of the browser client: it keeps the cursor over all its connections, drops
/// what it has seen, comes back with growing pauses, and watches for silence.
final class LabSubscriber {
  let number: Int
  var transport: LabTransport
  let start: LabStart
  /// Where the client believes to stand: its cursor.
  var cursor: [LabPlace]?
  /// The cursor in the URL that an event source was made with; it goes stale.
  var eventSourceCursor: [LabPlace]?
  var connections: [LabConnection] = []
  var current: LabConnection?
  var opened = 0
  var attempts = 0
  /// Tells timers that are out of date.
  var generation = 0
  var isAsleep = false

  // The link.
  var delay: UInt64 = 10
  var pieces = 0
  var stalledUntil: UInt64 = 0

  /// The checker's view: how far the page has come, channel by channel.
  var seen: [LabPlace]?
  /// Epochs that it was told are over: what an answer on its way still brings of them comes too late.
  var over: Set<UInt64> = []

  init(number: Int, transport: LabTransport) {
    self.number = number
    self.transport = transport
    start = transport == .rawWebSocket && number % 2 == 0 ? .last(number % 7) : .latest
  }

  /// Takes a cursor over; positions of one epoch never go back.
  func take(_ places: [LabPlace]) {
    let before = cursor ?? []
    cursor = places.map { place in
      guard let old = before.first(where: { $0.epoch == place.epoch }), old.offset > place.offset else { return place }
      return old
    }
  }
}
