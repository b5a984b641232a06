/// What a run of the lab has found.
public struct FaultReport: Sendable {
  /// A broken promise.
  public struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// What kind of error it is, in a word or two: `gap`, `repeated`, `reset`…
    public let kind: String
    /// Who saw what, and when.
    public let description: String
  }

  /// Messages that subscribers took, duplicates not counted, by transport.
  public internal(set) var deliveries: [LabTransport: Int] = [:]
  /// Messages that came again over a second connection and were dropped by the client.
  public internal(set) var duplicatesDropped = 0
  /// Resets that were told, each one justified.
  public internal(set) var resets = 0
  /// Connections that were opened.
  public internal(set) var connections = 0
  /// Refills of subscribers that lagged.
  public internal(set) var refills = 0
  /// Messages that slow readers went without because a newer one of the key was sent.
  public internal(set) var conflated = 0
  /// Slow readers that were sent away under `.disconnect`.
  public internal(set) var disconnects = 0
  /// Streams that ended because of their age.
  public internal(set) var rotations = 0
  /// Held polls that were answered because their time was over.
  public internal(set) var holdsExpired = 0
  /// WebSockets that were given up because nothing answered a ping.
  public internal(set) var deadLinks = 0
  /// How often a loop let go of the channels because nobody used them there.
  public internal(set) var releases = 0
  /// Channels that began a new life: after a restart without history, or forgotten when nobody used them.
  public internal(set) var epochs = 0
  /// Messages published.
  public internal(set) var published = 0
  /// Virtual time that has passed, milliseconds.
  public internal(set) var milliseconds = 0
  /// The first broken promise, at which the run ended; nil if there was none.
  public internal(set) var violation: Violation?

  /// Nothing yet.
  public init() {}

  /// Messages that subscribers took, over all transports.
  public var delivered: Int { deliveries.values.reduce(0, +) }

  /// Virtual time that has passed, hours.
  public var hours: Double { Double(milliseconds) / 3_600_000 }

  /// Adds what another run has found; keeps the first violation.
  public mutating func add(_ other: FaultReport) {
    deliveries.merge(other.deliveries, uniquingKeysWith: +)
    duplicatesDropped += other.duplicatesDropped
    resets += other.resets
    connections += other.connections
    refills += other.refills
    conflated += other.conflated
    disconnects += other.disconnects
    rotations += other.rotations
    holdsExpired += other.holdsExpired
    deadLinks += other.deadLinks
    releases += other.releases
    epochs += other.epochs
    published += other.published
    milliseconds += other.milliseconds
    violation = violation ?? other.violation
  }
}
