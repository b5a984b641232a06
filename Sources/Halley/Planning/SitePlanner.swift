import FoundationEssentials
import HalleyChannels
import HalleyServer

/// Compiles sites into what the server routes, or says everything that is wrong with them.
struct SitePlanner {
  let sites: [any Site]
  /// The folder that holds `Public`.
  let directory: String
  let sources: SettingSources

  /// - Throws: ``StartError`` with every mistake in declarations, flags, environment and file.
  func plan() throws(StartError) -> ProgramPlan {
    var mistakes: [Mistake] = []
    let declared = sites.map { (site: $0, declarations: $0.routes.declarations) }
    mistakes += sources.mistakesInFile(
      sites: declared.map { .init(name: type(of: $0.site).name, paths: $0.declarations.map(\.path)) })
    mistakes += SiteClashes.mistakes(among: sites)
    mistakes += SiteClashes.channelMistakes(among: declared.flatMap(\.declarations))

    var values: [String: EffectiveValue] = [:]
    do { values = try SettingResolver(sources: sources).values(at: .program) } catch { mistakes += error.mistakes }

    var planned: [PlannedSite] = []
    for (site, declarations) in declared {
      mistakes += declarations.flatMap(\.ownMistakes)
      mistakes += SiteClashes.mistakes(among: declarations)
      var routes: [(PlannedRoute, RoutePlan)] = []
      for declaration in declarations {
        do { routes.append(try plan(declaration, of: type(of: site).name)) } catch { mistakes += error.mistakes }
      }
      planned.append(
        PlannedSite(
          plan: SitePlan(
            name: type(of: site).name, file: declarations.first?.location.file ?? "\(type(of: site).name).swift",
            mount: site.mount, hosts: site.hosts, routes: routes.map(\.1)),
          routes: routes.map(\.0)))
    }
    // The same unsound value is found once for each place that it reaches.
    var seen: Set<Mistake> = []
    mistakes = mistakes.filter { seen.insert($0).inserted }
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    return ProgramPlan(sites: planned, values: values, feeds: FeedDeclarations(planned.map(\.plan)))
  }

  private func plan(_ declaration: Declaration, of site: String) throws(StartError) -> (PlannedRoute, RoutePlan) {
    let place = ConfigurationPlace.route(site: site, path: declaration.path)
    let values = try PlannedRoute.values(of: declaration, at: place, from: sources)
    let source = SettingsSource(SettingResolver.settings(values))
    let plan = RoutePlan(
      path: declaration.path, line: declaration.location.line,
      endpoint: try endpoint(declaration, source.current), cors: try cors(declaration, values),
      jsonpParameter: declaration.jsonpParameter,
      settings: source)
    return (PlannedRoute(declaration: declaration, place: place, values: values, cors: plan.cors, source: source), plan)
  }

  private func endpoint(_ declaration: Declaration, _ settings: Settings) throws(StartError) -> Endpoint {
    switch declaration.kind {
    case .handler(let method, let handler): return .handler(method, offLoop: declaration.offLoop, handler)
    case .files(let folder, let cacheControl):
      return .files(FilesOptions(directory: try publicFolder(folder, declaration), cacheControl: cacheControl))
    case .channel(var source, let start):
      if case .computed(_, let name) = source { source = .computed(history: History(settings), name) }
      var endpoint = ChannelEndpoint(source: source, transports: declaration.transports)
      endpoint.webSocketInbound = declaration.inbound
      endpoint.post = declaration.post
      endpoint.start = start
      endpoint.contract = declaration.contract
      endpoint.policy = declaration.backpressure?.policy ?? .skipAndResume
      endpoint.presence = declaration.presence
      return .channel(endpoint)
    case .open:
      guard var handler = declaration.socket else { throw StartError(declaration.ownMistakes) }
      if declaration.offLoop, case .async(_, let body) = handler { handler = .async(offLoop: true, body) }
      return .socket(SocketEndpoint(handler: handler, subprotocols: declaration.subprotocols))
    }
  }

  /// The list of origins in force, which the file may replace, with everything else that the code says.
  private func cors(_ declaration: Declaration, _ values: [String: EffectiveValue]) throws(StartError) -> CORSOptions? {
    guard let configured = values["cors.origins"], configured.origin != "built-in" else {
      return declaration.cors?.options
    }
    let mistakes = configured.value.words.compactMap(OriginPattern.mistake).map { Mistake(configured.origin, $0) }
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    var options = declaration.cors?.options ?? CORSOptions()
    options.origins = configured.value.words
    options.anyOrigin = false
    return options
  }

  private func publicFolder(_ folder: String, _ declaration: Declaration) throws(StartError) -> String {
    func mistake(_ sentence: String) -> StartError {
      StartError([Mistake(declaration.location, route: declaration.path, sentence)])
    }
    guard !folder.hasPrefix("/"), !folder.split(separator: "/").contains("..") else {
      throw mistake("'\(folder)' must be a folder inside Public; write its path from there")
    }
    let path = folder.isEmpty ? "\(directory)/Public" : "\(directory)/Public/\(folder)"
    var isDirectory = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory else {
      throw mistake("there is no folder \(path); create it or mend the name in Files(\"\(folder)\")")
    }
    return path
  }
}

extension History {
  /// The history in force for the channels of a route, all of it stated.
  init(_ settings: Settings) {
    self = .last(
      settings.historyMessages, bytes: settings.historyBytes, age: .milliseconds(settings.historyAge))
  }
}

extension Declaration {
  var isFiles: Bool { if case .files = kind { true } else { false } }
}
