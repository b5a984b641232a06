/// The value of one key, in the unit that the server counts in.
enum SettingValue: Sendable, Hashable {
  /// Milliseconds, bytes, a count or a percentage.
  case number(Int)
  /// On or off.
  case flag(Bool)
  /// A range of milliseconds.
  case spread(Int, Int)
  /// Words.
  case list([String])
  /// Where to listen; an IPv6 host without its brackets.
  case address(host: String, port: Int)

  /// The number, or 0 for a value of another kind.
  var number: Int { if case .number(let number) = self { number } else { 0 } }

  /// The words, or none for a value of another kind.
  var words: [String] { if case .list(let words) = self { words } else { [] } }
}
