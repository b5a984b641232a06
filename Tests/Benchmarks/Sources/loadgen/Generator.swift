import Glibc

/// Where the load goes to and comes from.
struct Target {
  /// Dotted IPv4 address.
  var address: String
  var port: UInt16
  /// The value of the `Host` field.
  var host: String
  /// Source addresses 127.0.0.1 to 127.0.0.n, used in turn; each has ports of its own.
  var sources: Int
}

/// The event loop of the generator: one thread, level-triggered, one read buffer for all links.
final class Generator {
  static let bufferSize = 1 << 20

  let target: Target
  let poller: Poller
  let console: Console?
  let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Generator.bufferSize)
  private(set) var links: [Link] = []
  fileprivate(set) var readyCount = 0
  private let timeout: Double
  /// Runs after each batch of events; what a load sends in answer to a whole batch goes here.
  var afterBatch: (() throws -> Void)?

  init(_ target: Target, console: Console?, timeout: Double) throws {
    self.target = target
    self.console = console
    self.timeout = timeout
    poller = try Poller()
    signal(SIGPIPE, SIG_IGN)
    try console?.watch(poller)
  }

  deinit { buffer.deallocate() }

  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Adds a link and starts to connect it.
  func start(_ link: Link) throws {
    link.index = UInt32(links.count)
    links.append(link)
    try link.connect()
  }

  /// Opens `count` links, at most `parallel` of them half open at a time, and returns when all are ready.
  func open(_ count: Int, parallel: Int = 128, _ make: (Int) -> Link) throws {
    let before = readyCount
    var started = 0
    while readyCount - before < count {
      while started < count, started - (readyCount - before) < parallel {
        try start(make(started))
        started += 1
      }
      let seen = readyCount
      try run("opening connections") { self.readyCount > seen }
    }
  }

  func countReady() { readyCount += 1 }

  /// Serves events until the condition holds after a batch; throws when that takes longer than the time-out.
  func run(_ what: String, for limit: Double? = nil, until done: () -> Bool) throws {
    let deadline = Generator.now + (limit ?? timeout)
    while !done() {
      try poller.wait(milliseconds: 100) { index, readable, writable in
        if index == Console.index {
          console?.readable()
        } else {
          try links[Int(index)].event(readable: readable, writable: writable)
        }
      }
      try afterBatch?()
      if Generator.now > deadline, !done() { throw LoadError.timedOut(what) }
    }
  }

  /// Serves events for some seconds.
  func run(seconds: Double) throws {
    let end = Generator.now + seconds
    try run("waiting", for: seconds + 60) { Generator.now >= end }
  }
}
