/// Flags of the command line that are keys of the table, and variables of the environment that claim to be.
enum SettingFlags {
  /// Checks that every argument is a known key with a value: `--poll-hold 20s` or `--poll-hold=20s`.
  ///
  /// - Throws: ``StartError`` naming each argument that is none.
  static func check(_ arguments: [String]) throws(StartError) {
    var mistakes: [Mistake] = []
    var awaitsValue: String?
    // An unknown flag: what follows is its value and no second mistake.
    var unknown: String?
    for argument in arguments {
      guard argument.hasPrefix("--") else {
        if awaitsValue == nil, unknown == nil {
          mistakes.append(Mistake(argument, "is no flag; 'halley serve --help' lists the flags"))
        }
        awaitsValue = nil
        unknown = nil
        continue
      }
      if let flag = awaitsValue { mistakes.append(Mistake(flag, "needs a value, as in \(example(flag))")) }
      unknown = nil
      let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? argument
      awaitsValue = argument.contains("=") ? nil : name
      guard !SettingTable.keys.contains(where: { $0.flag == name }) else { continue }
      unknown = awaitsValue
      awaitsValue = nil
      let near = suggestion(for: name, among: SettingTable.keys.map(\.flag) + ["--config", "--sites", "--help"])
      mistakes.append(
        Mistake(name, "is no flag; " + (near.map { "did you mean \($0)?" } ?? "'halley serve --help' lists the flags")))
    }
    if let flag = awaitsValue { mistakes.append(Mistake(flag, "needs a value, as in \(example(flag))")) }
    guard mistakes.isEmpty else { throw StartError(mistakes) }
  }

  private static func example(_ flag: String) -> String {
    let key = SettingTable.keys.first { $0.flag == flag }
    return key.map { "\(flag) \($0.kind.format($0.fallback))" } ?? flag
  }

  /// Variables that begin like a key's but are none; worth a warning, since a slip there would go unnoticed.
  static func unknownVariables(in environment: [String: String]) -> [String] {
    let known = Set(SettingTable.keys.map(\.variable))
    return environment.keys.filter { $0.hasPrefix("HALLEY_") && !known.contains($0) }.sorted()
  }
}
