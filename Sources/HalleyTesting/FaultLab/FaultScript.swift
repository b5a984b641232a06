/// Everything that happens in one run of the fault lab, with the virtual time of each event: a failing run prints it,
/// and running it again gives the same result to the byte.
///
/// ```
/// setup seed=7 channels=1 history=64/20000/60000 meta=86400000 replay=32/20000 batch=8/4096 soft=2048 hard=9000 \
///   policy=skip keys=0 window=1024 cap=8192 poll=3000 loops=2 turn=3
/// 0 join 0 websocket
/// 40 publish 0 3 120
/// 41 cut 0
/// 90 end
/// ```
public struct FaultScript: Sendable, Hashable {
  /// Sizes and limits of the simulated server; numbers, so that a script says all there is to know.
  public struct Setup: Sendable, Hashable {
    /// Decides what the events leave open: where segments end, jitter, epochs.
    public var seed: UInt64 = 1
    /// Channels of the one route, 1…16.
    public var channels = 1
    /// `history.messages`, `history.bytes`, `history.age` (milliseconds).
    public var history = (messages: 128, bytes: 1 << 20, age: 300_000)
    /// `history.metaAge`, milliseconds.
    public var metaAge = 86_400_000
    /// `replay.messages`, `replay.bytes`.
    public var replay = (messages: 300, bytes: 1 << 20)
    /// `poll.batch`; the count is also `queue.messages`, the most that a refill sends at once.
    public var batch = (messages: 100, bytes: 256 << 10)
    /// `queue.soft`, bytes.
    public var soft = 4_096
    /// `queue.hard`, bytes.
    public var hard = 1 << 20
    /// The route's policy for those who read slowly.
    public var policy = Policy.skip
    /// About two of three messages have a key, one of so many; 0 is no keys.
    public var keys = 0
    /// Bytes that a link takes before the sender has to wait.
    public var window = 2_048
    /// `stream.maxBytes`.
    public var cap = 128 << 10
    /// `poll.interval`: longest pause between two short polls, milliseconds.
    public var poll = 3_000
    /// Event loops of the server.
    public var loops = 1
    /// From the first message of a loop's turn to its end, milliseconds.
    public var turn = 0

    /// The defaults.
    public init() {}

    /// What happens to a subscriber that reads more slowly than its channels speak (delivery contract §10).
    public enum Policy: String, Sendable, Hashable, CaseIterable {
      /// `.skipAndResume`.
      case skip
      /// `.conflate`.
      case conflate
      /// `.disconnect`.
      case disconnect
    }
  }

  /// Something that happens to the network, the server, the publisher or a subscriber.
  public enum Action: Sendable, Hashable {
    /// A subscriber appears.
    case join(Int, LabTransport)
    /// So many messages of about so many bytes, in one channel.
    case publish(channel: Int, count: Int, size: Int)
    /// One message whose answer is lost, so that the publisher repeats it with its idempotency key.
    case publishTwice(channel: Int, size: Int)
    /// The channel's own word on a member who comes or goes.
    case presence(channel: Int)
    /// The subscriber's connections break, both sides are told.
    case cut(Int)
    /// The same after so many more bytes have come down: an answer or a frame is lost in the middle.
    case cutAfter(Int, bytes: Int)
    /// The subscriber's connections carry nothing any more, and nobody is told.
    case halfOpen(Int)
    /// One way takes so long from now on, milliseconds.
    case delay(Int, milliseconds: Int)
    /// Segments of at most so many bytes from now on; 0 leaves them whole.
    case pieces(Int, bytes: Int)
    /// The subscriber reads nothing for so long, milliseconds.
    case stall(Int, milliseconds: Int)
    /// A poll is sent twice.
    case repeatPoll(Int)
    /// Goes on over another transport; overlapping: the old connection stays until the new one speaks.
    case change(Int, LabTransport, overlapping: Bool)
    /// Closes its connections and comes back after so long, milliseconds.
    case sleep(Int, milliseconds: Int)
    /// The server sends the subscriber away for so long, milliseconds (rule R8).
    case move(Int, retry: Int)
    /// The server stops and is back after so long, milliseconds. The log survives, as behind a durable broker.
    case restart(milliseconds: Int)
    /// The same, and the log is gone: every channel has a new epoch.
    case loseHistory(milliseconds: Int)
    /// The broker comes back with other data: a channel begins a new epoch while everybody stays connected.
    case newEpoch(channel: Int)
    /// Clients ask for so many other channels with names of their own: an application that holds as many as it may
    /// forgets those that nobody uses, this route's too.
    case crowd(Int)
    /// From here on nothing breaks any more, and everybody must come to the end of the log.
    case end
  }

  /// An action and its virtual time, milliseconds.
  public struct Step: Sendable, Hashable {
    /// Virtual time, milliseconds from the start.
    public var time: Int
    /// What happens.
    public var action: Action

    /// An action at a time.
    public init(time: Int, action: Action) {
      self.time = time
      self.action = action
    }
  }

  /// Sizes and limits.
  public var setup: Setup
  /// In the order of their times.
  public var steps: [Step]

  /// A script of its parts.
  public init(setup: Setup, steps: [Step]) {
    self.setup = setup
    self.steps = steps
  }
}

extension FaultScript.Setup {
  /// Compared by what they say.
  public static func == (left: Self, right: Self) -> Bool { left.description == right.description }

  /// As they compare.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
