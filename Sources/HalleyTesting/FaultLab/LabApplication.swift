import HalleyChannels
import Synchronization

/// The channels of the simulated application, which clients name: as many as its registry holds, and forgotten when
/// they are not in use and there are too many. One life of it ends with its process.
final class LabApplication {
  /// Most channels at once.
  private static let limit = 24

  private let registry: ChannelRegistry
  private let count: Int
  private var crowded = 0

  init(_ setup: FaultScript.Setup, clock: VirtualClock, seed: UInt64, planting fault: PlantedFault?) {
    count = setup.channels
    var limits = ChannelLimits()
    limits.historyMessages = setup.history.messages
    limits.historyBytes = setup.history.bytes
    limits.historyAge = fault == .ageIgnored ? .max : setup.history.age
    limits.metaAge = setup.metaAge
    let chosen = limits
    let random = Mutex(SeededRandom(seed: seed))
    registry = ChannelRegistry(limit: Self.limit, clock: { clock.now }) { name, _ in
      let epoch = random.withLock { Epoch.random(using: &$0) }
      return Channel(name, log: ChannelLog(limits: chosen, epoch: epoch, clock: { clock.now }))
    }
  }

  /// A channel of the lab's route; nil when there is no room for it.
  func channel(_ index: Int) -> Channel? { try? registry.channel(named: "lab.\(index)") }

  /// The channels of the lab's route.
  var set: ChannelSet? {
    let channels = (0..<count).compactMap(channel)
    return channels.count == count ? ChannelSet(channels) : nil
  }

  /// So many names that nobody has used before.
  func crowd(_ names: Int) {
    for _ in 0..<names {
      crowded += 1
      _ = try? registry.channel(named: "crowd.\(crowded)")
    }
  }
}
