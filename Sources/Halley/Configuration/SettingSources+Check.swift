extension SettingSources {
  /// The sites and routes that a file may speak of.
  struct KnownSite: Sendable, Hashable {
    var name: String
    var paths: [String]
  }

  /// Finds what the file says that means nothing: unknown keys, sites and routes, and keys in a place they do not reach.
  func mistakesInFile(sites: [KnownSite]) -> [Mistake] {
    guard let file else { return [] }
    var mistakes: [Mistake] = []
    var seen: [[String]: Int] = [:]
    for entry in file.entries {
      let (place, name) = ConfigurationPlace.split(entry.path)
      func report(_ sentence: String) { mistakes.append(Mistake("\(file.name):\(entry.line)", sentence)) }
      if let sentence = unknown(place, among: sites) {
        report(sentence)
        continue
      }
      if let map = place.mapWithoutKeys(named: name) {
        report("'\(name)' must be a map of \(map)")
        continue
      }
      guard let key = SettingTable.key(name) else {
        let near = suggestion(for: name, among: SettingTable.keys.map(\.name))
        report(
          "'\(name)' is no key; " + (near.map { "did you mean '\($0)'?" } ?? "'halley serve --help' lists the keys"))
        continue
      }
      if place.reach > key.reach {
        report("'\(name)' cannot be set for \(place); move it to \(key.reach == .program ? "the top" : "its site")")
      }
      if let line = seen.updateValue(entry.line, forKey: place.prefix + [name]) {
        report("'\(name)' is already given at line \(line); remove one of them")
      }
    }
    return mistakes
  }

  private func unknown(_ place: ConfigurationPlace, among sites: [KnownSite]) -> String? {
    let name: String
    switch place {
    case .program: return nil
    case .site(let site), .route(let site, _): name = site
    }
    guard let site = sites.first(where: { $0.name == name }) else {
      let near = suggestion(for: name, among: sites.map(\.name))
      return "there is no site \(name); " + (near.map { "did you mean \($0)?" } ?? "name a site of this program")
    }
    guard case .route(_, let path) = place, !site.paths.contains(path) else { return nil }
    let near = suggestion(for: path, among: site.paths)
    return "site \(name) has no route \(path); "
      + (near.map { "did you mean \($0)?" } ?? "'halley routes' lists its routes")
  }
}
