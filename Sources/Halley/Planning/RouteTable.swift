import HalleyServer

/// What `halley routes` prints: every route with its transports, then every setting with its origin.
enum RouteTable {
  static func text(_ program: ProgramPlan) -> String {
    var lines: [String] = []
    for site in program.sites {
      lines.append("\(site.plan.name)  \(site.plan.mount)  \(site.plan.file)" + hosts(site.plan.hosts))
      let rows = site.routes.map { row($0, mount: site.plan.mount, program: program) }
      let width = rows.map(\.address.count).max() ?? 0
      for row in rows {
        lines.append("  " + padded(row.address, to: width) + "  " + row.offer)
        lines += row.settings.map { "      " + $0 }
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  /// Every key of the program with its value in force and where that comes from.
  static func settings(_ program: ProgramPlan) -> String {
    let rows = SettingTable.keys.compactMap { key in
      program.values[key.name].map { (key.name, key.describe($0.value), $0.origin) }
    }
    let names = rows.map(\.0.count).max() ?? 0
    let values = rows.map(\.1.count).max() ?? 0
    return rows.map { "  \(padded($0.0, to: names))  \(padded($0.1, to: values))  \($0.2)" }.joined(separator: "\n")
  }

  private static func row(
    _ route: PlannedRoute, mount: String, program: ProgramPlan
  ) -> (address: String, offer: String, settings: [String]) {
    let declaration = route.declaration
    let path = mount.dropLast() + declaration.path + (declaration.isFiles ? "…" : "")
    let method = methods(declaration)
    let settings = SettingTable.keys.compactMap { key -> String? in
      guard let value = route.values[key.name], value != program.values[key.name] else { return nil }
      return "\(key.name) \(key.describe(value.value))  \(value.origin)"
    }
    return (padded(method, to: 8) + " " + path, offer(declaration, cors: route.cors), settings)
  }

  private static func methods(_ declaration: Declaration) -> String {
    var shown: [String] = []
    for method in declaration.methods.map({ $0 == "files" || $0 == "WebSocket" ? "GET" : $0 })
    where !shown.contains(method) {
      shown.append(method)
    }
    return shown.sorted().joined(separator: ",")
  }

  /// What the route offers, in the words of its modifiers.
  private static func offer(_ declaration: Declaration, cors: CORSOptions?) -> String {
    var words: [String] = []
    switch declaration.kind {
    case .handler: words.append("handler")
    case .files(let folder, let cacheControl): words.append("files Public/\(folder), \(cacheControl)")
    case .channel(.fixed(let set), _):
      let names = set.channels.map(\.name).joined(separator: ", ")
      words.append("\(set.isSingle ? "channel" : "channels") \(names):")
    case .channel(.computed, _): words.append("channel by request:")
    case .open: words.append("websocket handler")
    }
    let names: [(Transports, String)] = [
      (.webSocket, "websocket"), (.eventStream, "sse"), (.longPoll, "longPoll"), (.stream, "stream"),
      (.iframe, "iframe"),
    ]
    words += names.filter { declaration.transports.contains($0.0) }.map(\.1)
    if let parameter = declaration.jsonpParameter { words.append("jsonp(\(parameter))") }
    if declaration.inbound != .ignore || declaration.post != .ignore { words.append("publish") }
    if declaration.presence != nil { words.append("presence") }
    if let cors {
      words.append("cors(\(cors.anyOrigin ? "any" : cors.origins.joined(separator: " ")))")
    }
    if declaration.offLoop { words.append("offLoop") }
    return words.joined(separator: " ")
  }

  private static func hosts(_ hosts: [String]) -> String {
    hosts.isEmpty ? "" : "  on " + hosts.joined(separator: ", ")
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
