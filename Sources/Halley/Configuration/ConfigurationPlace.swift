/// Where a key may be given in the file: for the whole program, for a site, or for one of its routes.
enum ConfigurationPlace: Sendable, Hashable, CustomStringConvertible {
  case program
  case site(String)
  case route(site: String, path: String)

  /// The places whose values apply here, innermost first, as far in as a key reaches.
  func enclosing(for reach: SettingKey.Reach) -> [ConfigurationPlace] {
    switch self {
    case .program: [.program]
    case .site: reach == .program ? [.program] : [self, .program]
    case .route(let site, _):
      switch reach {
      case .program: [.program]
      case .site: [.site(site), .program]
      case .route: [self, .site(site), .program]
      }
    }
  }

  /// Keys above a setting of this place in the file.
  var prefix: [String] {
    switch self {
    case .program: []
    case .site(let site): ["sites", site]
    case .route(let site, let path): ["sites", site, "routes", path]
    }
  }

  /// Splits the keys of an entry into a place and the name of a setting.
  static func split(_ path: [String]) -> (place: ConfigurationPlace, name: String) {
    guard path.count > 2, path[0] == "sites" else { return (.program, path.joined(separator: ".")) }
    if path.count > 4, path[2] == "routes" {
      return (.route(site: path[1], path: path[3]), path[4...].joined(separator: "."))
    }
    return (.site(path[1]), path[2...].joined(separator: "."))
  }

  /// What a map of the file's structure should hold that has been given a value of its own instead, as in `sites: 3`.
  ///
  /// - Returns: nil when the name is one of a setting.
  func mapWithoutKeys(named name: String) -> String? {
    switch self {
    case .program where name == "sites": "site names"
    case .program where name.hasPrefix("sites."): "the site's settings"
    case .site where name == "routes": "the site's paths"
    case .site where name.hasPrefix("routes."): "the route's settings"
    default: nil
    }
  }

  var reach: SettingKey.Reach {
    switch self {
    case .program: .program
    case .site: .site
    case .route: .route
    }
  }

  var description: String {
    switch self {
    case .program: "the program"
    case .site(let site): "site \(site)"
    case .route(let site, let path): "route \(path) of site \(site)"
    }
  }
}
