import HalleyServer

/// Lays all sources over each other for one place and checks how the values go together.
struct SettingResolver {
  let sources: SettingSources

  /// Every key's value in force at a place.
  ///
  /// - Throws: ``StartError`` with every unsound value.
  func values(
    at place: ConfigurationPlace, code: [String: CodeValue] = [:]
  ) throws(StartError) -> [String: EffectiveValue] {
    var values: [String: EffectiveValue] = [:]
    var mistakes: [Mistake] = []
    for key in SettingTable.keys {
      do {
        values[key.name] = try sources.value(of: key, at: place, code: code)
      } catch {
        mistakes += error.mistakes
      }
    }
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    mistakes = Self.discord(in: values)
    guard mistakes.isEmpty else { throw StartError(mistakes) }
    return values
  }

  /// The values as the server reads them.
  static func settings(_ values: [String: EffectiveValue]) -> Settings {
    var settings = Settings()
    for key in SettingTable.keys {
      if let effective = values[key.name] { key.store(effective.value, in: &settings) }
    }
    return settings
  }

  /// Pairs of values that contradict each other.
  private static func discord(in values: [String: EffectiveValue]) -> [Mistake] {
    [("queue.soft", "queue.hard", true), ("history.age", "history.metaAge", false)].compactMap { low, high, strict in
      guard let lower = values[low], let upper = values[high], let key = SettingTable.key(low) else { return nil }
      let (left, right) = (lower.value.number, upper.value.number)
      guard strict ? left >= right : left > right else { return nil }
      let place = lower.origin == "built-in" ? upper.origin : lower.origin
      return Mistake(
        place,
        "'\(low)' is \(key.kind.format(lower.value)), \(strict ? "not below" : "above") '\(high)' of "
          + "\(key.kind.format(upper.value)); lower the first or raise the second")
    }
  }

  /// What a route holds open longer than the proxy in front of it lets a connection be idle.
  static func proxyMistakes(
    _ values: [String: EffectiveValue], transports: Transports, hasSocket: Bool, route: Mistake.Place
  ) -> [Mistake] {
    guard let proxy = values["proxyTimeout"], proxy.value.number > 0 else { return [] }
    var keys: [String] = []
    if transports.contains(.longPoll) { keys.append("poll.hold") }
    if transports.contains(.jsonp) { keys.append("jsonp.hold") }
    if !transports.isDisjoint(with: [.eventStream, .stream, .webSocket]) { keys.append("heartbeat") }
    if hasSocket || transports.contains(.webSocket) { keys.append("websocket.ping") }
    return keys.compactMap { name in
      guard let key = SettingTable.key(name), let value = values[name], value.value.number >= proxy.value.number else {
        return nil
      }
      let given = value.origin == "built-in" ? "" : " (\(value.origin))"
      return route.mistake(
        "'\(name)' is \(key.kind.format(value.value))\(given), not below 'proxyTimeout' of "
          + "\(key.kind.format(proxy.value)) (\(proxy.origin)); lower the first or raise the second")
    }
  }
}
