/// The table of settings as text: for `--help` and for the file that ships.
enum SettingText {
  /// One paragraph a key: flag, default, range and reason.
  static var help: String {
    SettingTable.keys.map { key in
      "  \(key.flag) \(placeholder(key.kind))\n" + wrapped(summary(key), indent: 8, width: 76)
    }.joined(separator: "\n")
  }

  /// The file that ships: every key as a comment with its default; only `listen` is set.
  static var file: String {
    let head = """
      # Halley's settings. Precedence: flag > environment > this file > what a site's code says > built-in.
      # Key poll.hold is flag --poll-hold and HALLEY_POLL_HOLD in the environment. A change of this file, or SIGHUP, takes
      # effect at once, on open connections too, except where "restart" is written. An invalid file changes nothing.
      # Keys may be nested, and all but those marked "program" may be set for a site or for one of its routes:
      #
      # sites:
      #   Tracker:
      #     heartbeat: 20s
      #     routes:
      #       /positions: { poll.hold: 15s }


      """
    let rows = SettingTable.keys.map { key in
      let line = "\(key.name): \(value(key))"
      let marks = (key.isLive ? "" : ", restart") + (key.reach == .program ? ", program" : "")
      let note = "# " + (key.kind.rangeDescription.map { $0 + (key.zero.map { ", 0: \($0)" } ?? "") + "; " } ?? "")
      return "\(note)\(key.reason)\(marks)\n" + (key.name == "listen" ? line : "# \(line)") + "\n"
    }
    return head + rows.joined(separator: "\n")
  }

  private static func summary(_ key: SettingKey) -> String {
    var parts = [key.reason]
    parts.append("default \(key.fallbackDescription)")
    if let range = key.kind.rangeDescription {
      parts.append(range + (key.zero.map { ", or 0 for \($0)" } ?? ""))
    }
    if !key.isLive { parts.append("restart") }
    return parts.joined(separator: "; ")
  }

  /// The text in lines no longer than `width`, each indented.
  private static func wrapped(_ text: String, indent: Int, width: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let line = lines.last, indent + line.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
  }

  private static func value(_ key: SettingKey) -> String {
    key.kind == .list ? "[\(key.fallback.words.joined(separator: ", "))]" : key.kind.format(key.fallback)
  }

  private static func placeholder(_ kind: SettingKind) -> String {
    switch kind {
    case .duration: "<time>"
    case .bytes: "<size>"
    case .count: "<number>"
    case .percent: "<share>"
    case .onOff: "<on|off>"
    case .spread: "<time-time>"
    case .list: "<word,…>"
    case .address: "<host:port>"
    }
  }
}
