import Dispatch
import FoundationEssentials
import HalleyChannels
import HalleyProtocols
import HalleyServer
import Logging

/// A server that listens, and what a reload has to reach.
struct RunningServer: Sendable {
  private let server: Server
  private let settings: SettingsSource
  private let channels: ChannelRegistry
  private let limits: ChannelLimitBook
  let addresses: [String]

  /// Binds and starts everything that a plan declares; connections are accepted when it returns.
  ///
  /// - Parameter broker: put behind every channel, declared or computed; nil leaves them as they are.
  /// - Throws: ``StartError`` when the address cannot be bound or a host name is none.
  init(_ program: ProgramPlan, broker: (any Broker)?, logger: Logger) throws(StartError) {
    guard case .address(let host, let port)? = program.values["listen"]?.value else {
      throw StartError([Mistake("listen", "is no address; write 127.0.0.1:8080")])
    }
    let threads = program.values["threads"]?.value.number ?? 0
    settings = SettingsSource(program.settings)
    let limits = ChannelLimitBook(program)
    self.limits = limits
    let make: @Sendable (String, History) -> Channel = { name, history in
      let channel = Channel(name, history: history)
      limits.apply(to: channel)
      if let broker { channel.use(broker) }
      return channel
    }
    channels = ChannelRegistry(
      limit: program.settings.limitsChannels, history: program.settings.historyTotal, make: make)
    do {
      let plan = try ServerPlan(
        sites: program.plans, settings: settings, hosts: try Self.hosts(program, listening: host),
        proxies: try Self.networks(program, "proxies"),
        operations: try Self.networks(program, "operations.from"),
        typeDeclarations: Array(program.feeds.text.utf8))
      for channel in program.declaredChannels {
        try channels.declare(channel)
        limits.apply(to: channel)
        if let broker { channel.use(broker) }
      }
      server = Server(plan: plan, channels: channels, logger: logger)
      let bound = try server.start(
        host: host, port: port, threads: threads > 0 ? threads : ProcessInfo.processInfo.activeProcessorCount)
      addresses = Self.addresses(of: program, host: host, port: bound)
    } catch {
      throw StartError(
        listening: error, at: ListenAddress.format(host: host, port: port),
        askedBy: program.values["listen"]?.origin ?? "listen")
    }
  }

  /// Takes the values of a reloaded plan: new connections at once, open ones at their next deadline.
  func reload(_ program: ProgramPlan) {
    program.commit()
    settings.replace(program.settings)
    limits.replace(program)
    channels.historyLimit = program.settings.historyTotal
    for channel in channels.channels { limits.apply(to: channel) }
    server.settingsChanged()
  }

  /// Sends all clients away, at most as long as `drain.window`.
  func drain() async { await server.drain() }

  /// Ends every connection and waits for the loops, on a thread that may block.
  func stop() async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        server.stop()
        continuation.resume()
      }
    }
  }

  private static func hosts(_ program: ProgramPlan, listening host: String) throws(StartError) -> HostPolicy {
    guard let hosts = program.values["hosts"], !hosts.value.words.isEmpty else {
      return host == "localhost" || host == "::1" || host.hasPrefix("127.") ? .loopback : .any
    }
    do {
      return try HostPolicy(hosts.value.words + program.plans.flatMap(\.hosts))
    } catch {
      throw StartError([Mistake(hosts.origin, "'\(error.text)' is no host name; write example.com or *.example.com")])
    }
  }

  /// The addresses and networks that a key lists.
  private static func networks(_ program: ProgramPlan, _ key: String) throws(StartError) -> [AddressNetwork] {
    guard let list = program.values[key] else { return [] }
    var networks: [AddressNetwork] = []
    for word in list.value.words {
      guard let network = AddressNetwork(word) else {
        throw StartError([Mistake(list.origin, "'\(word)' is no address; write 192.0.2.7 or 10.0.0.0/8")])
      }
      networks.append(network)
    }
    return networks
  }

  private static func addresses(of program: ProgramPlan, host: String, port: Int) -> [String] {
    let width = program.plans.map(\.name.count).max() ?? 0
    return program.plans.map { site in
      let authority = ListenAddress.format(host: site.hosts.first ?? host, port: port)
      return site.name + String(repeating: " ", count: width - site.name.count) + "  http://\(authority)\(site.mount)"
    }
  }
}

extension ProgramPlan {
  /// Every channel that a route names, once.
  var declaredChannels: [Channel] {
    var seen: Set<ObjectIdentifier> = []
    return plans.flatMap(\.routes).flatMap { route -> [Channel] in
      guard case .channel(let endpoint) = route.endpoint, case .fixed(let set) = endpoint.source else { return [] }
      return set.channels.filter { seen.insert(ObjectIdentifier($0)).inserted }
    }
  }
}
