/// What a key's value is, how it is written, and which values are sound.
enum SettingKind: Sendable, Hashable {
  /// Milliseconds; written `500ms`, `20s`, `5m`, `24h`.
  case duration(ClosedRange<Int>)
  /// Bytes; written `512B`, `64KiB`, `1MiB`, `1GiB`.
  case bytes(ClosedRange<Int>)
  /// A bare number.
  case count(ClosedRange<Int>)
  /// Written `10%`.
  case percent(ClosedRange<Int>)
  /// `on` or `off`.
  case onOff
  /// Two durations, low and high; written `2s-5s`.
  case spread(ClosedRange<Int>)
  /// Words; a sequence in the file, separated by commas elsewhere.
  case list
  /// `HOST:PORT`.
  case address

  /// Reads what a flag, the environment or the file gives.
  ///
  /// - Throws: ``UnsoundValue``, the second half of a sentence that begins with the key.
  func parse(_ words: [String], zero: String? = nil) throws(UnsoundValue) -> SettingValue {
    if case .list = self { return .list(words.filter { !$0.isEmpty }) }
    guard words.count == 1, let word = words.first else {
      throw UnsoundValue("takes one value, not \(words.count); \(howToWrite)")
    }
    guard let value = read(word, zero: zero) else { throw UnsoundValue("cannot be '\(word)'; \(howToWrite)") }
    try check(value, zero: zero)
    return value
  }

  /// Refuses a value outside its range, whoever gave it.
  ///
  /// - Parameters:
  ///   - value: a value of this kind.
  ///   - zero: what 0 means, if it means something outside the range.
  func check(_ value: SettingValue, zero: String? = nil) throws(UnsoundValue) {
    switch (self, value) {
    case (.duration(let range), .number(let number)), (.bytes(let range), .number(let number)),
      (.count(let range), .number(let number)), (.percent(let range), .number(let number)):
      guard range.contains(number) || (number == 0 && zero != nil) else { throw outside(value, range, zero: zero) }
    case (.spread(let range), .spread(let low, let high)):
      guard low <= high else { throw UnsoundValue("cannot be \(format(value)); put the shorter time first") }
      guard range.contains(low), range.contains(high) else { throw outside(value, range, zero: zero) }
    default: break
    }
  }

  private func outside(_ value: SettingValue, _ range: ClosedRange<Int>, zero: String?) -> UnsoundValue {
    UnsoundValue("cannot be \(format(value)); choose \(describe(range))" + (zero.map { ", or 0 for \($0)" } ?? ""))
  }

  private func read(_ word: String, zero: String?) -> SettingValue? {
    if word == "0", zero != nil || lowest == 0 { return .number(0) }
    switch self {
    case .duration: return Units.duration.read(word).map { .number($0) }
    case .bytes: return Units.bytes.read(word).map { .number($0) }
    case .count: return Units.none.read(word).map { .number($0) }
    case .percent: return Units.percent.read(word).map { .number($0) }
    case .onOff:
      switch word {
      case "on", "true", "yes": return .flag(true)
      case "off", "false", "no": return .flag(false)
      default: return nil
      }
    case .spread:
      let ends = word.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let low = Units.duration.read(ends[0]), let high = Units.duration.read(ends[1]) else {
        return nil
      }
      return .spread(low, high)
    case .list: return .list([word])
    case .address: return ListenAddress.parse(word)
    }
  }

  /// The least of what is written with a unit, which nothing needs.
  private var lowest: Int? {
    switch self {
    case .duration(let range), .bytes(let range), .percent(let range): range.lowerBound
    default: nil
    }
  }

  private var howToWrite: String {
    switch self {
    case .duration: "write a time as 500ms, 20s, 5m or 24h"
    case .bytes: "write a size as 512B, 64KiB or 1MiB"
    case .count: "write a whole number"
    case .percent: "write a share as 10%"
    case .onOff: "write on or off"
    case .spread: "write two times as 2s-5s"
    case .list: "write a list"
    case .address: "write an address as 127.0.0.1:8080 or [::1]:8080"
    }
  }

  /// The value as a user would write it.
  func format(_ value: SettingValue) -> String {
    switch (self, value) {
    case (.duration, .number(let number)): Units.duration.format(number)
    case (.bytes, .number(let number)): Units.bytes.format(number)
    case (.percent, .number(let number)): Units.percent.format(number)
    case (_, .number(let number)): "\(number)"
    case (_, .flag(let on)): on ? "on" : "off"
    case (_, .spread(let low, let high)): "\(Units.duration.format(low))-\(Units.duration.format(high))"
    case (_, .list(let words)): words.isEmpty ? "none" : words.joined(separator: ", ")
    case (_, .address(let host, let port)): ListenAddress.format(host: host, port: port)
    }
  }

  /// The sound values, for help and messages: `5s to 55s`.
  var rangeDescription: String? {
    switch self {
    case .duration(let range), .bytes(let range), .count(let range), .percent(let range), .spread(let range):
      describe(range)
    case .onOff: "on or off"
    case .list, .address: nil
    }
  }

  private func describe(_ range: ClosedRange<Int>) -> String {
    let units: Units =
      switch self {
      case .duration, .spread: .duration
      case .bytes: .bytes
      case .percent: .percent
      default: .none
      }
    return range.upperBound == .max
      ? "\(units.format(range.lowerBound)) or more"
      : "\(units.format(range.lowerBound)) to \(units.format(range.upperBound))"
  }
}

/// Why a value is refused: the second half of a sentence that begins with the key.
struct UnsoundValue: Error, Hashable {
  var reason: String

  init(_ reason: String) { self.reason = reason }
}
