/// A server, its subscribers and the network between them in one thread, without sockets and without waiting.
///
/// What is real: the channel logs with their inboxes, attaching, reading and refilling; cursors; every encoding of
/// messages and frames; the request parser, the receiver of WebSocket frames, the event-stream parser. What is modelled:
/// the clock, links that delay, split, cut, half-open and fill up, and subscribers that follow the contract of the
/// browser client.
///
/// The property checked: what a subscriber saw is what was published from its cursor on, in order, each once, or it was
/// told of an explicit reset. A reset must have its reason: history really did not reach back, the epoch really was
/// another one, or it really was too much. In the end everybody must stand at the end of the log.
///
/// ```swift
/// let script = FaultScript(seed: 7)
/// let report = FaultLab.run(script)
/// if let violation = report.violation { print(violation, FaultLab.shrink(script), separator: "\n") }
/// ```
public enum FaultLab {
  /// Runs a script to its end or to the first violation; the same script gives the same report.
  ///
  /// - Parameter fault: an error to make on purpose.
  public static func run(_ script: FaultScript, planting fault: PlantedFault? = nil) -> FaultReport {
    FaultWorld(script, planting: fault).run()
  }

  /// The script without the events that its violation does not need; the script itself when it has none.
  ///
  /// - Parameters:
  ///   - fault: the planted error that the script was run with.
  ///   - runs: most runs to spend.
  public static func shrink(_ script: FaultScript, planting fault: PlantedFault? = nil, runs: Int = 400) -> FaultScript
  {
    guard let kind = run(script, planting: fault).violation?.kind else { return script }
    var best = script
    var left = runs
    var part = max(1, script.steps.count / 2)
    while part >= 1, left > 0 {
      var from = 0
      var removed = false
      while from < best.steps.count, left > 0 {
        var candidate = best
        candidate.steps.removeSubrange(from..<min(from + part, best.steps.count))
        left -= 1
        if run(candidate, planting: fault).violation?.kind == kind {
          best = candidate
          removed = true
        } else {
          from += part
        }
      }
      if part == 1, !removed { break }
      part = part == 1 ? 1 : part / 2
    }
    return best
  }
}
