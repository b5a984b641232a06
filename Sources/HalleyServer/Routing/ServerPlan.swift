package import HalleyProtocols

/// All sites of a server, checked and routed; shared by its loops and never changed.
package struct ServerPlan: Sendable {
  package let sites: [SitePlan]
  package let settings: SettingsSource
  package let hosts: HostPolicy
  /// Proxies in front, whose address stands for many clients.
  let proxies: [AddressNetwork]
  let operations: OperationsAccess
  let typeDeclarations: [UInt8]
  /// One for each directory that a route serves.
  let files: [FilesOptions: FileServer]
  /// One tree for the sites that name no host, one for each host that is named.
  private let routers: [String: Router]
  private let anyHost: Router

  /// Why a set of sites cannot be served.
  package struct Problem: Error, Equatable {
    /// One sentence that names file, route and mend.
    package var message: String
  }

  /// - Parameters:
  ///   - operations: who besides this machine may see the operations pages.
  ///   - typeDeclarations: what `/_halley/channels.d.ts` answers.
  package init(
    sites: [SitePlan], settings: SettingsSource, hosts: HostPolicy, proxies: [AddressNetwork] = [],
    operations: [AddressNetwork] = [], typeDeclarations: [UInt8] = []
  ) throws(Problem) {
    self.typeDeclarations = typeDeclarations
    self.sites = sites
    self.settings = settings
    self.hosts = hosts
    self.proxies = proxies
    self.operations = OperationsAccess(listed: operations, proxies: proxies)
    files = try Self.fileServers(sites)
    var anyHost = Router()
    var routers: [String: Router] = [:]
    for host in Set(sites.flatMap(\.hosts)) { routers[host] = Router() }
    for (siteIndex, site) in sites.enumerated() {
      for (routeIndex, route) in site.routes.enumerated() {
        guard let pattern = PathPattern(site.mount + route.path.drop { $0 == "/" }) else {
          throw Problem(
            message:
              "\(site.file):\(route.line): the path \"\(route.path)\" is not a pattern; start it with a slash and "
              + "leave no segment empty.")
        }
        let entry = Router.Entry(site: siteIndex, route: routeIndex, pattern: pattern)
        if site.hosts.isEmpty {
          anyHost.insert(entry, files: route.isFiles)
        } else {
          for host in site.hosts { routers[host]?.insert(entry, files: route.isFiles) }
        }
      }
    }
    self.anyHost = anyHost
    self.routers = routers
  }

  /// Looks a path up among the sites of a host, then among those of all hosts.
  package func match(host: String, _ segments: [String], trailingSlash: Bool) -> Router.Match {
    if let router = routers[host] {
      let match = router.match(segments, trailingSlash: trailingSlash)
      if !match.entries.isEmpty || match.files != nil || match.wantsSlash { return match }
    }
    return anyHost.match(segments, trailingSlash: trailingSlash)
  }

  package func route(_ entry: Router.Entry) -> RoutePlan { sites[entry.site].routes[entry.route] }
}

extension ServerPlan {
  /// A route as a number that is never 0, for a loop's pulse.
  static func place(site: Int, route: Int) -> UInt64 { UInt64(site) << 32 | UInt64(route + 1) }

  /// The absolute path of a route given as a number; nil for 0.
  func name(of place: UInt64) -> String? {
    let site = Int(place >> 32)
    let route = Int(place & 0xFFFF_FFFF) - 1
    guard sites.indices.contains(site), sites[site].routes.indices.contains(route) else { return nil }
    return sites[site].mount + sites[site].routes[route].path.drop { $0 == "/" }
  }
}

extension ServerPlan {
  private static func fileServers(_ sites: [SitePlan]) throws(Problem) -> [FilesOptions: FileServer] {
    let types = MediaTypes.system()
    var servers: [FilesOptions: FileServer] = [:]
    for site in sites {
      for route in site.routes {
        guard case .files(let options) = route.endpoint else { continue }
        do {
          servers[options] = try FileServer(options, types: types)
        } catch {
          throw Problem(
            message: "\(site.file):\(route.line): the directory \(options.directory) cannot be opened; create it or "
              + "change the route.")
        }
      }
    }
    return servers
  }
}

extension RoutePlan {
  var filesOptions: FilesOptions? {
    if case .files(let options) = endpoint { return options }
    return nil
  }

  var isFiles: Bool {
    if case .files = endpoint { return true }
    return false
  }
}
