import HalleyServer

extension ProgramPlan {
  /// The same sites and routes under other settings.
  ///
  /// The running server is left alone until ``commit()``, so that a bad file changes nothing.
  ///
  /// - Throws: ``StartError`` with every mistake that the new sources bring.
  func reloaded(from sources: SettingSources) throws(StartError) -> ProgramPlan {
    var mistakes = sources.mistakesInFile(
      sites: sites.map { .init(name: $0.plan.name, paths: $0.routes.map(\.declaration.path)) })
    var program = self
    do { program.values = try SettingResolver(sources: sources).values(at: .program) } catch {
      mistakes += error.mistakes
    }
    for site in program.sites.indices {
      for route in program.sites[site].routes.indices {
        do {
          program.sites[site].routes[route].values = try sites[site].routes[route].values(from: sources)
        } catch {
          mistakes += error.mistakes
        }
      }
    }
    var seen: Set<Mistake> = []
    mistakes = mistakes.filter { seen.insert($0).inserted }
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    return program
  }

  /// Hands every route its settings; live connections read them at their next deadline.
  func commit() {
    for route in sites.flatMap(\.routes) { route.source.replace(SettingResolver.settings(route.values)) }
  }

  /// Keys whose value differs from the other plan's but which are read only at the start.
  func restartKeys(comparedTo other: ProgramPlan) -> [String] {
    let routes = zip(sites.flatMap(\.routes), other.sites.flatMap(\.routes))
    return SettingTable.keys.filter { key in
      guard !key.isLive else { return false }
      return values[key.name]?.value != other.values[key.name]?.value
        || routes.contains { $0.values[key.name]?.value != $1.values[key.name]?.value }
    }.map(\.name)
  }
}

extension PlannedRoute {
  /// The route's values in force under some sources, checked against each other and against the proxy in front.
  func values(from sources: SettingSources) throws(StartError) -> [String: EffectiveValue] {
    try Self.values(of: declaration, at: place, from: sources)
  }

  static func values(
    of declaration: Declaration, at place: ConfigurationPlace, from sources: SettingSources
  ) throws(StartError) -> [String: EffectiveValue] {
    let values = try SettingResolver(sources: sources).values(at: place, code: declaration.values)
    let mistakes = SettingResolver.proxyMistakes(
      values, transports: declaration.transports, hasSocket: declaration.socket != nil,
      route: Mistake.Place(location: declaration.location, path: declaration.path))
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    return values
  }
}
