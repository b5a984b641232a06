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
        case .fixed(let channel):
          pages.declared[ObjectIdentifier(channel)] = pages.declared[ObjectIdentifier(channel)] ?? limits
        case .computed(let history, _): pages.computed[history] = pages.computed[history] ?? limits
        }
      }
    }
    return pages
  }
}

extension ChannelLimits {
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
