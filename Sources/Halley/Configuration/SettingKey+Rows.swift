import HalleyServer

/// The forms of the table's rows. The built-in value of what the server reads is the one in `Settings`.
extension SettingKey {
  typealias Path<Value> = any WritableKeyPath<Settings, Value> & Sendable

  static func duration(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ reach: Reach, zero: String? = nil,
    _ reason: String
  ) -> SettingKey {
    stored(name, path, .duration(range), reach, zero, reason)
  }

  static func bytes(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ reach: Reach, zero: String? = nil,
    _ reason: String
  ) -> SettingKey {
    stored(name, path, .bytes(range), reach, zero, reason)
  }

  static func count(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ reach: Reach, zero: String? = nil,
    _ reason: String
  ) -> SettingKey {
    stored(name, path, .count(range), reach, zero, reason)
  }

  static func percent(
    _ name: String, _ path: Path<Int>, _ range: ClosedRange<Int>, _ reach: Reach, _ reason: String
  ) -> SettingKey {
    stored(name, path, .percent(range), reach, nil, reason)
  }

  static func onOff(_ name: String, _ path: Path<Bool>, _ reach: Reach, _ reason: String) -> SettingKey {
    SettingKey(
      name: name, kind: .onOff, reach: reach, isLive: true, fallback: .flag(Settings()[keyPath: path]), zero: nil,
      reason: reason, target: .flag(path))
  }

  static func spread(
    _ name: String, low: Path<Int>, high: Path<Int>, _ range: ClosedRange<Int>, _ reach: Reach, _ reason: String
  ) -> SettingKey {
    let settings = Settings()
    return SettingKey(
      name: name, kind: .spread(range), reach: reach, isLive: true,
      fallback: .spread(settings[keyPath: low], settings[keyPath: high]), zero: nil, reason: reason,
      target: .spread(low: low, high: high))
  }

  /// A key that the application reads itself, and only when it starts unless `isLive`.
  static func application(
    _ name: String, _ kind: SettingKind, _ fallback: SettingValue, reach: Reach = .program, isLive: Bool = false,
    zero: String? = nil, _ reason: String
  ) -> SettingKey {
    SettingKey(
      name: name, kind: kind, reach: reach, isLive: isLive, fallback: fallback, zero: zero, reason: reason,
      target: .application)
  }

  private static func stored(
    _ name: String, _ path: Path<Int>, _ kind: SettingKind, _ reach: Reach, _ zero: String?, _ reason: String
  ) -> SettingKey {
    SettingKey(
      name: name, kind: kind, reach: reach, isLive: true, fallback: .number(Settings()[keyPath: path]), zero: zero,
      reason: reason, target: .number(path))
  }
}
