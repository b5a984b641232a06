/// One line of the Prometheus text format 0.0.4, with what is said about it.
struct Metric {
  enum Kind: Sendable {
    case gauge, counter
    /// A gauge in seconds, counted in milliseconds.
    case milliseconds
  }

  /// Without `halley_`.
  let name: String
  let kind: Kind
  let help: String
  let value: Int

  /// `text/plain` in the version that every collector reads.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// The lines of one metric. Names and help are constants of ours without backslash and line end: nothing is escaped.
  var text: String {
    let type = if case .counter = kind { "counter" } else { "gauge" }
    return """
      # HELP halley_\(name) \(help).
      # TYPE halley_\(name) \(type)
      halley_\(name) \(number)

      """
  }

  private var number: String {
    guard case .milliseconds = kind else { return "\(value)" }
    let thousandths = "\(value % 1_000)"
    return "\(value / 1_000).\(String(repeating: "0", count: 3 - thousandths.utf8.count))\(thousandths)"
  }
}

extension ServerReport {
  /// The answer of `/_halley/metrics`.
  ///
  /// - Parameter descriptors: open in the process; nil when that cannot be told.
  func metrics(descriptors: Int?) -> String {
    var all = ReportRow.all.map { Metric(name: $0.metric, kind: $0.kind, help: $0.help, value: self[keyPath: $0.path]) }
    all.append(Metric(name: "draining", kind: .gauge, help: "1 while clients are sent away", value: isDraining ? 1 : 0))
    if let started = ProcessFigures.started {
      let help = "Start of the process, seconds since 1970"
      all.append(Metric(name: "process_start_time_seconds", kind: .milliseconds, help: help, value: started))
    }
    if let descriptors {
      let help = "Descriptors that the process has open"
      all.append(Metric(name: "process_open_descriptors", kind: .gauge, help: help, value: descriptors))
    }
    return all.map(\.text).joined()
  }
}
