import HalleyEventLoop

/// What the log says about a callback that held a loop.
enum HoldLine {
  /// - Parameters:
  ///   - loop: its number, from 0.
  ///   - route: what the callback was about, if that is known.
  static func text(loop: Int, _ hold: LoopHold, route: String?) -> String {
    let what = route.map { "by \($0)" } ?? "by one callback or task"
    let others = hold.count > 1 ? " (the longest of \(hold.count) times)" : ""
    let begin = hold.isOver ? "loop \(loop) was held" : "loop \(loop) is held, so far"
    return "\(begin) for \(hold.milliseconds) ms \(what)\(others); a handler that may block says .offLoop()"
  }
}
