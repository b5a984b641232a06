internal import Glibc

/// What a listener does when descriptors run out.
///
/// The kernel keeps saying "readable" while the backlog is full of connections that nobody can accept; a plain loop would spin
/// and log without end. So a spare descriptor is given up to accept and close what waits, then the listener rests for 100 ms.
struct DescriptorShortage {
  /// How long a listener rests, in milliseconds.
  static let rest: UInt64 = 100
  /// How many waiting connections are closed at a time.
  static let shedAtOnce = 64
  /// At least this long between two log lines, in milliseconds.
  static let logInterval: UInt64 = 1000

  var spare: Int32 = open("/dev/null", O_RDONLY | O_CLOEXEC)
  var isResting = false
  var timer: LoopTimer?
  var lastLog: UInt64?
  /// Connections closed and errors seen since the last line.
  var shed = 0

  mutating func end() {
    if spare >= 0 { close(spare) }
    spare = -1
    timer?.cancel()
    timer = nil
  }

  /// Accepts and closes waiting connections in the spare descriptor's place.
  mutating func shedWaiting(_ listening: Int32) {
    if spare >= 0 { close(spare) }
    for _ in 0..<Self.shedAtOnce {
      let fd = accept(listening, nil, nil)
      if fd < 0 { break }
      close(fd)
      shed += 1
    }
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC)
  }
}

extension Listener {
  /// libevent could not accept, with `errno` as given. Aborted and interrupted ones do not come here.
  func acceptFailed(_ code: Int32) {
    if code == EMFILE || code == ENFILE { shortage.shedWaiting(listeningDescriptor) }
    shortage.isResting = true
    apply()
    if shortage.timer == nil {
      shortage.timer = LoopTimer(loop: loop) { [unowned self] in
        shortage.isResting = false
        apply()
      }
    }
    shortage.timer?.arm(afterMilliseconds: DescriptorShortage.rest)
    logFailure(code)
  }

  private func logFailure(_ code: Int32) {
    let now = loop.now
    if let last = shortage.lastLog, now < last &+ DescriptorShortage.logInterval { return }
    shortage.lastLog = now
    let reason = String(cString: strerror(code))
    log("cannot accept on port \(port): \(reason); \(shortage.shed) waiting connections closed")
    shortage.shed = 0
  }
}
