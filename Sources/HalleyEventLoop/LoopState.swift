internal import CHalleyShims
internal import CLibevent
internal import Glibc

/// The loop's own memory: it never moves and no field is counted by Swift. Only the loop's thread touches it.
@usableFromInline struct LoopState: ~Copyable {
  /// Room in the cork, in bytes.
  @inlinable static var corkCapacity: Int { 64 << 10 }
  /// One read takes at most this much, in bytes.
  static let inputCapacity = 512 << 10
  /// A broadcast run that all subscribers get at once, in bytes.
  static let runCapacity = 64 << 10
  /// Addressable bytes after the end of any input; drivers work in words.
  static let padding = 16

  /// Whose `received` is running; its writes go to the cork.
  @usableFromInline var reading: UnsafeMutablePointer<ConnectionState>?
  @usableFromInline var cork: UnsafeMutablePointer<UInt8>
  @usableFromInline var corkCount = 0
  /// Monotonic milliseconds, refreshed by every event.
  @usableFromInline var now: UInt64 = 0
  /// One read buffer for all connections.
  var input: UnsafeMutablePointer<UInt8>
  /// Jobs of tasks on this loop; the executor owns them.
  let jobs: UnsafeMutablePointer<JobRing>
  let base: OpaquePointer
  /// Told of every callback and job; `LoopPulse` owns it.
  let pulse: UnsafeMutablePointer<halley_pulse>
  let unowned: Unmanaged<EventLoop>

  /// Runs once after the sockets of a turn.
  var turnEnd = event()
  /// `turnEnd` is active, scheduled or running: it need not be asked for again.
  var turnEndPending = false
  var dirtyFirst: UnsafeMutablePointer<ConnectionState>?
  var dirtyLast: UnsafeMutablePointer<ConnectionState>?
  var free: UnsafeMutablePointer<ConnectionState>?
  /// The connection whose `overflowed` is running.
  var overflowing: UnsafeMutablePointer<ConnectionState>?
  /// Memory of the last broadcast, for the next one.
  var spareRun: SharedBytes?
  private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

  var wheel = TimerWheel()
  var tick = event()
  /// For which tick the libevent timer is set.
  var tickArmed: UInt32?
  /// Milliseconds at tick 0.
  var epoch: UInt64 = 0
  /// Added to the system's clock; only tests skip time.
  var skipped: UInt64 = 0
  /// Timers are late by so much that the process must have been stopped: read before judging.
  var isCatchingUp = false
  var tickCame = false

  var gauges = LoopGauges()

  init(
    base: OpaquePointer, pulse: UnsafeMutablePointer<halley_pulse>, jobs: UnsafeMutablePointer<JobRing>,
    unowned: Unmanaged<EventLoop>
  ) {
    self.base = base
    self.pulse = pulse
    self.jobs = jobs
    self.unowned = unowned
    cork = .allocate(capacity: Self.corkCapacity + Self.padding)
    input = .allocate(capacity: Self.inputCapacity + Self.padding)
  }

  deinit {
    cork.deallocate()
    input.deallocate()
    scratch.deallocate()
  }

  /// Reads the clock. The coarse one is right to a few milliseconds and costs no system call.
  mutating func refreshNow() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
    now =
      UInt64(truncatingIfNeeded: time.tv_sec) &* 1000 &+ UInt64(truncatingIfNeeded: time.tv_nsec) / 1_000_000 &+ skipped
  }

  /// Asks for the end of the turn. libevent 2.1 has no such hook, but an event that is activated while callbacks run goes to
  /// the tail of the active ones: it comes after every socket of this turn, before the next poll, without a system call.
  @inline(__always) mutating func wantTurnEnd() {
    if !turnEndPending {
      turnEndPending = true
      event_active(&turnEnd, Int32(EV_READ), 0)
    }
  }

  /// Asks for another turn end after a poll. Activating again at once would keep the loop from its sockets.
  mutating func wantTurnEndAfterPoll() {
    turnEndPending = true
    var none = timeval()
    event_add(&turnEnd, &none)
  }
}

extension LoopState {
  /// 64 zero bytes for handles that have none of their own any more.
  func zeroedScratch() -> UnsafeMutableRawPointer {
    scratch.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
    return scratch
  }

  /// Takes a slot off the free list; slabs of 64 are added and never given back, so that any handle can look at its slot.
  mutating func takeSlot(_ loop: UnsafeMutablePointer<LoopState>) -> UnsafeMutablePointer<ConnectionState> {
    if free == nil { addSlab(loop) }
    let slot = free.unsafelyUnwrapped
    free = slot.pointee.next
    slot.pointee.next = nil
    return slot
  }

  private mutating func addSlab(_ loop: UnsafeMutablePointer<LoopState>) {
    let size = ConnectionSlab.slots * MemoryLayout<ConnectionState>.stride
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    memset(memory, 0, size)
    let slab = memory.bindMemory(to: ConnectionState.self, capacity: ConnectionSlab.slots)
    for index in (0..<ConnectionSlab.slots).reversed() {
      slab[index].loop = loop
      slab[index].next = free
      free = slab + index
    }
    unowned._withUnsafeGuaranteedRef { $0.slabs.append(ConnectionSlab(first: slab)) }
  }
}
