extension FaultScript: CustomStringConvertible {
  /// The script's text, one event a line.
  public var description: String {
    ([setup.description] + steps.map { "\($0.time) \($0.action)" }).joined(separator: "\n")
  }

  /// Why a text is no script.
  public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line that cannot be read.
    public let line: String
    /// The line, named as what is wrong.
    public var description: String { "not a line of a fault script: '\(line)'" }
  }

  /// Reads the text of a script. Empty lines and lines that begin with `#` say nothing.
  public init(parsing text: String) throws(Malformed) {
    var setup = Setup()
    var steps: [Step] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ").map(String.init)
      if words.first == "setup" {
        guard setup.read(words.dropFirst()) else { throw Malformed(line: String(line)) }
      } else if let time = words.first.flatMap({ Int($0) }), let action = Action(words.dropFirst()) {
        steps.append(Step(time: time, action: action))
      } else if !words.isEmpty {
        throw Malformed(line: String(line))
      }
    }
    self.init(setup: setup, steps: steps)
  }
}

extension FaultScript.Setup: CustomStringConvertible {
  /// The first line of a script.
  public var description: String {
    """
    setup seed=\(seed) channels=\(channels) history=\(history.messages)/\(history.bytes)/\(history.age) \
    meta=\(metaAge) replay=\(replay.messages)/\(replay.bytes) batch=\(batch.messages)/\(batch.bytes) soft=\(soft) hard=\(hard) \
    policy=\(policy.rawValue) keys=\(keys) window=\(window) cap=\(cap) poll=\(poll) loops=\(loops) turn=\(turn)
    """
  }

  fileprivate mutating func read(_ words: ArraySlice<String>) -> Bool {
    for word in words {
      let parts = word.split(separator: "=").map(String.init)
      guard parts.count == 2 else { return false }
      let numbers = parts[1].split(separator: "/").compactMap { Int($0) }
      switch (parts[0], numbers.count) {
      case ("seed", _):
        guard let number = UInt64(parts[1]) else { return false }
        seed = number
      case ("channels", 1): channels = min(16, max(1, numbers[0]))
      case ("history", 3): history = (numbers[0], numbers[1], numbers[2])
      case ("meta", 1): metaAge = max(0, numbers[0])
      case ("replay", 2): replay = (numbers[0], numbers[1])
      case ("batch", 2): batch = (numbers[0], numbers[1])
      case ("soft", 1): soft = max(1, numbers[0])
      case ("hard", 1): hard = max(1, numbers[0])
      case ("policy", 0):
        guard let word = Policy(rawValue: parts[1]) else { return false }
        policy = word
      case ("keys", 1): keys = max(0, numbers[0])
      case ("poll", 1): poll = max(1, numbers[0])
      case ("window", 1): window = max(1, numbers[0])
      case ("cap", 1): cap = max(1, numbers[0])
      case ("loops", 1): loops = min(8, max(1, numbers[0]))
      case ("turn", 1): turn = max(0, numbers[0])
      default: return false
      }
    }
    return true
  }
}

extension FaultScript.Action: CustomStringConvertible {
  /// The action as a script says it.
  public var description: String {
    switch self {
    case .join(let who, let transport): "join \(who) \(transport.rawValue)"
    case .publish(let channel, let count, let size): "publish \(channel) \(count) \(size)"
    case .publishTwice(let channel, let size): "publish-twice \(channel) \(size)"
    case .presence(let channel): "presence \(channel)"
    case .cut(let who): "cut \(who)"
    case .cutAfter(let who, let bytes): "cut-after \(who) \(bytes)"
    case .halfOpen(let who): "half-open \(who)"
    case .delay(let who, let time): "delay \(who) \(time)"
    case .pieces(let who, let bytes): "pieces \(who) \(bytes)"
    case .stall(let who, let time): "stall \(who) \(time)"
    case .repeatPoll(let who): "repeat-poll \(who)"
    case .change(let who, let transport, let overlapping):
      "\(overlapping ? "overlap" : "change") \(who) \(transport.rawValue)"
    case .sleep(let who, let time): "sleep \(who) \(time)"
    case .move(let who, let retry): "move \(who) \(retry)"
    case .restart(let time): "restart \(time)"
    case .loseHistory(let time): "lose-history \(time)"
    case .newEpoch(let channel): "new-epoch \(channel)"
    case .crowd(let count): "crowd \(count)"
    case .end: "end"
    }
  }

  fileprivate init?(_ words: ArraySlice<String>) {
    let numbers = words.dropFirst().compactMap { Int($0) }
    let transport = words.last.flatMap { LabTransport(rawValue: $0) }
    switch (words.first, numbers.count, transport) {
    case ("join", 1, let transport?): self = .join(numbers[0], transport)
    case ("publish", 3, _): self = .publish(channel: numbers[0], count: numbers[1], size: numbers[2])
    case ("publish-twice", 2, _): self = .publishTwice(channel: numbers[0], size: numbers[1])
    case ("presence", 1, _): self = .presence(channel: numbers[0])
    case ("cut", 1, _): self = .cut(numbers[0])
    case ("cut-after", 2, _): self = .cutAfter(numbers[0], bytes: numbers[1])
    case ("half-open", 1, _): self = .halfOpen(numbers[0])
    case ("delay", 2, _): self = .delay(numbers[0], milliseconds: numbers[1])
    case ("pieces", 2, _): self = .pieces(numbers[0], bytes: numbers[1])
    case ("stall", 2, _): self = .stall(numbers[0], milliseconds: numbers[1])
    case ("repeat-poll", 1, _): self = .repeatPoll(numbers[0])
    case ("change", 1, let transport?): self = .change(numbers[0], transport, overlapping: false)
    case ("overlap", 1, let transport?): self = .change(numbers[0], transport, overlapping: true)
    case ("sleep", 2, _): self = .sleep(numbers[0], milliseconds: numbers[1])
    case ("move", 2, _): self = .move(numbers[0], retry: numbers[1])
    case ("restart", 1, _): self = .restart(milliseconds: numbers[0])
    case ("lose-history", 1, _): self = .loseHistory(milliseconds: numbers[0])
    case ("new-epoch", 1, _): self = .newEpoch(channel: numbers[0])
    case ("crowd", 1, _): self = .crowd(numbers[0])
    case ("end", 0, _): self = .end
    default: return nil
    }
  }
}
