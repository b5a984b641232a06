import HalleyServer

/// One row of the table of settings: everything the program knows about a key.
struct SettingKey: Sendable {
  /// The innermost place in the file that may give this key.
  enum Reach: Sendable, Hashable, Comparable { case program, site, route }

  /// Where the value goes.
  enum Target: Sendable {
    case number(Path<Int>)
    case flag(Path<Bool>)
    case spread(
      low: Path<Int>, high: Path<Int>)
    /// Read by the application itself.
    case application
  }

  /// The key as it is written in the file, `websocket.pongTimeout`.
  let name: String
  let kind: SettingKind
  let reach: Reach
  /// Whether a change takes effect while the program runs.
  let isLive: Bool
  /// The built-in value.
  let fallback: SettingValue
  /// What 0 means, if it means something of its own.
  let zero: String?
  /// One line for help and file: what it is, and why the default is what it is.
  let reason: String
  let target: Target

  /// The key's parts, `["websocket", "pongTimeout"]`.
  var components: [String] { name.split(separator: ".").map(String.init) }

  /// `--websocket-pong-timeout`.
  var flag: String { "--" + words.joined(separator: "-") }

  /// `HALLEY_WEBSOCKET_PONG_TIMEOUT`.
  var variable: String { (["halley"] + words).joined(separator: "_").uppercased() }

  /// The words of the key in lower case, cut at dots and at capitals.
  private var words: [String] {
    var words: [String] = []
    for component in components {
      var word = ""
      for character in component {
        if character.isUppercase, !word.isEmpty {
          words.append(word)
          word = ""
        }
        word += character.lowercased()
      }
      words.append(word)
    }
    return words
  }

  /// The built-in value as a user would write it.
  var fallbackDescription: String { describe(fallback) }

  /// A value as a user would write it; 0 by its meaning.
  func describe(_ value: SettingValue) -> String {
    if let zero, value == .number(0) { return zero }
    return kind.format(value)
  }

  /// Writes a value into the settings of a route or of the program.
  func store(_ value: SettingValue, in settings: inout Settings) {
    switch (target, value) {
    case (.number(let path), .number(let number)): settings[keyPath: path] = number
    case (.flag(let path), .flag(let flag)): settings[keyPath: path] = flag
    case (.spread(let low, let high), .spread(let from, let to)):
      settings[keyPath: low] = from
      settings[keyPath: high] = to
    default: break
    }
  }
}
