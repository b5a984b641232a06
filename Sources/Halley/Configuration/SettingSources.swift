import Configuration

/// What flags, environment and file say, checked key by key, and the value that results for any place.
///
/// Precedence: flag, environment, file, code, built-in. Within the file: route, site, program.
struct SettingSources: Sendable {
  /// One source, as swift-configuration reads it.
  private struct Source: Sendable {
    var provider: any ConfigProvider
    /// Where the value comes from, for `halley routes` and for messages.
    var origin: @Sendable (SettingKey, ConfigurationPlace) -> String
    var knowsPlaces: Bool
    var prefix: [String]
  }

  private let sources: [Source]
  /// The file that was read, if there was one.
  let file: ConfigurationFile?

  /// - Parameters:
  ///   - arguments: flags, without the program's name and its commands; already known to be keys.
  ///   - environment: the process's variables.
  ///   - file: the parsed file.
  init(arguments: [String] = [], environment: [String: String] = [:], file: ConfigurationFile? = nil) {
    self.file = file
    var lines: [[String]: Int] = [:]
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    for entry in file?.entries ?? [] {
      let (place, name) = ConfigurationPlace.split(entry.path)
      let path = place.prefix + name.split(separator: ".").map(String.init)
      lines[path] = entry.line
      values[AbsoluteConfigKey(path)] = ConfigValue(.stringArray(entry.words), isSecret: false)
    }
    let fileName = file?.name ?? ""
    sources = [
      Source(
        provider: CommandLineArgumentsProvider(arguments: ["halley"] + arguments),
        origin: { key, _ in key.flag }, knowsPlaces: false, prefix: []),
      Source(
        provider: EnvironmentVariablesProvider(environmentVariables: environment),
        origin: { key, _ in key.variable }, knowsPlaces: false, prefix: ["halley"]),
      Source(
        provider: InMemoryProvider(name: fileName, values: values),
        origin: { [lines] key, place in
          lines[place.prefix + key.components].map { "\(fileName):\($0)" } ?? fileName
        }, knowsPlaces: true, prefix: []),
    ]
  }

  /// The value in force for a key at a place.
  ///
  /// - Parameters:
  ///   - key: the row of the table.
  ///   - place: where it is asked for.
  ///   - code: what the route's own code gives.
  /// - Throws: ``StartError`` with the source's name when the value is unsound.
  func value(
    of key: SettingKey, at place: ConfigurationPlace, code: [String: CodeValue] = [:]
  ) throws(StartError) -> EffectiveValue {
    for source in sources {
      let places = source.knowsPlaces ? place.enclosing(for: key.reach) : [.program]
      for candidate in places {
        let path = AbsoluteConfigKey(source.prefix + candidate.prefix + key.components)
        let found = try? source.provider.value(forKey: path, type: .stringArray)
        guard let found, case .stringArray(let words)? = found.value?.content else { continue }
        let origin = source.origin(key, candidate)
        do {
          return EffectiveValue(value: try key.kind.parse(words, zero: key.zero), origin: origin)
        } catch {
          throw StartError([Mistake(origin, "'\(key.name)' \(error.reason)")])
        }
      }
    }
    if let given = code[key.name] {
      do {
        try key.kind.check(given.value, zero: key.zero)
      } catch {
        throw StartError([Mistake("\(given.location)", "'\(key.name)' \(error.reason)")])
      }
      return EffectiveValue(value: given.value, origin: "\(given.location)")
    }
    return EffectiveValue(value: key.fallback, origin: "built-in")
  }
}

/// A value in force and where it comes from: `--poll-hold`, `HALLEY_POLL_HOLD`, `halley.yaml:3`, `Sites/Tracker.swift:20`
/// or `built-in`.
struct EffectiveValue: Sendable, Hashable {
  var value: SettingValue
  var origin: String
}
