import HalleyChannels
import HalleyServer
import Synchronization

/// What each channel retains, by the settings of the route that serves it; replaced as a whole on reload.
///
/// A computed channel knows its route by the history that was planned for it.
final class ChannelLimitBook: Sendable {
  private struct Pages {
    var program: ChannelLimits
    var declared: [ObjectIdentifier: ChannelLimits] = [:]
    var computed: [History: ChannelLimits] = [:]
  }

  private let pages: Mutex<Pages>

  init(_ program: ProgramPlan) { pages = Mutex(Self.pages(of: program)) }

  /// Takes the values of a reloaded plan.
  func replace(_ program: ProgramPlan) { pages.withLock { $0 = Self.pages(of: program) } }

  /// Puts the limits in force on a channel.
  func apply(to channel: Channel) {
    channel.log.limits = pages.withLock { pages in
      pages.declared[ObjectIdentifier(channel)] ?? pages.computed[channel.history] ?? pages.program
    }
  }

  private static func pages(of program: ProgramPlan) -> Pages {
    var pages = Pages(program: ChannelLimits(program.settings))
    for site in program.sites {
      for (route, plan) in zip(site.routes, site.plan.routes) {
        guard case .channel(let endpoint) = plan.endpoint else { continue }
        let limits = ChannelLimits(SettingResolver.settings(route.values))
        switch endpoint.source {
        case .fixed(let set):
          for channel in set.channels where pages.declared[ObjectIdentifier(channel)] == nil {
            pages.declared[ObjectIdentifier(channel)] =
              set.isSingle ? limits : limits.with(channel.history, route.values)
          }
        case .computed(let history, _): pages.computed[history] = pages.computed[history] ?? limits
        }
      }
    }
    return pages
  }
}

extension ChannelLimits {
  /// The limits of one of several channels: what its history states in code, unless the operator has said something.
  fileprivate func with(_ history: History, _ values: [String: EffectiveValue]) -> ChannelLimits {
    func isOpen(_ key: String) -> Bool { values[key]?.origin == "built-in" }
    var limits = self
    if let messages = history.messages, isOpen("history.messages") { limits.historyMessages = messages }
    if let bytes = history.bytes, isOpen("history.bytes") { limits.historyBytes = bytes }
    if let age = history.ageMilliseconds, isOpen("history.age") { limits.historyAge = age }
    return limits
  }

  init(_ settings: Settings) {
    self.init()
    historyMessages = settings.historyMessages
    historyBytes = settings.historyBytes
    historyAge = settings.historyAge
    metaAge = settings.historyMetaAge
    payload = settings.publishMaxBytes
    idempotency = settings.publishIdempotency
  }
}
