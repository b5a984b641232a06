/// The yes-or-no part of a connection's state.
@usableFromInline @frozen struct ConnectionFlags: OptionSet {
  @usableFromInline var rawValue: UInt32
  @inlinable init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The slot belongs to a connection.
  static var inUse: Self { Self(rawValue: 1) }
  /// Ends at the end of the turn.
  @inlinable static var closing: Self { Self(rawValue: 2) }
  /// Ends once its output is flushed; takes no more output and hands out no more input.
  @inlinable static var finishing: Self { Self(rawValue: 4) }
  /// Finishing, and our side is shut down: reads and drops until the peer has ended too.
  static var lingering: Self { Self(rawValue: 8) }
  /// The socket takes no more output for good; what the peer has sent before is still read.
  static var broken: Self { Self(rawValue: 16) }
  /// Has an output queue.
  static var queued: Self { Self(rawValue: 32) }
  /// The socket was full; wait until it is writable.
  static var blocked: Self { Self(rawValue: 64) }
  /// The driver wants no input.
  static var paused: Self { Self(rawValue: 128) }
  /// On the loop's list for the end of the turn.
  static var dirty: Self { Self(rawValue: 256) }
  /// Kept input must be offered again.
  static var offering: Self { Self(rawValue: 512) }
  /// A write was refused by the hard limit.
  static var overflowed: Self { Self(rawValue: 1024) }
  /// Close with a reset.
  static var reset: Self { Self(rawValue: 2048) }
  /// The peer has ended while we still flush.
  static var peerEnded: Self { Self(rawValue: 4096) }
  /// libevent watches the socket for input.
  static var watchesInput: Self { Self(rawValue: 8192) }
  /// libevent watches the socket for room.
  static var watchesOutput: Self { Self(rawValue: 16384) }
  /// Gets no broadcasts: its driver is told when there is room again.
  static var lagging: Self { Self(rawValue: 32768) }
  /// Lags at the next broadcast, unless its queue is empty by then.
  static var pressed: Self { Self(rawValue: 65536) }

  /// A handle is not open with any of these.
  @inlinable static var notOpen: Self { Self(rawValue: 2 | 4) }
  /// Input goes straight to the driver with none of these.
  static var notReadable: Self { [.closing, .finishing, .paused, .peerEnded] }
  /// A broadcast goes straight to the socket with none of these.
  static var notCaughtUp: Self { [.closing, .finishing, .broken, .queued, .overflowed] }
  /// Output is accepted with none of these.
  static var refusesOutput: Self { [.closing, .finishing, .broken, .overflowed] }
}
