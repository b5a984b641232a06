internal import CLibevent

/// One slot of a slab: everything an idle connection costs, 320 bytes. It never moves, since libevent links the embedded
/// event, and its memory lives as long as the loop, so that a stale handle can always look at the generation.
///
/// No field is a counted reference that Swift would count by itself.
@usableFromInline struct ConnectionState {
  /// The driver's own bytes, zero when the connection opens. The first field: its address is the slot's.
  @usableFromInline var driverState: InlineArray<8, UInt64>

  // The next 64 bytes are what reading and broadcasting touch.
  @usableFromInline var loop: UnsafeMutablePointer<LoopState>
  /// Only while output waits.
  var queue: UnsafeMutablePointer<OutputQueue>?
  /// Retained while the slot is in use.
  @usableFromInline var driver: Unmanaged<ConnectionDriver>?
  @usableFromInline var lastInput: UInt64
  @usableFromInline var lastOutput: UInt64
  @usableFromInline var fd: Int32
  /// Grows when the slot is freed; a handle with another generation is stale.
  @usableFromInline var generation: UInt32
  @usableFromInline var flags: ConnectionFlags
  /// Index among the group's subscribers.
  var groupIndex: UInt32
  var group: Unmanaged<BroadcastGroup>?

  /// The driver's object, retained.
  var object: Unmanaged<AnyObject>?
  /// The dirty list or the free list.
  var next: UnsafeMutablePointer<ConnectionState>?
  /// Input that is incomplete; only while there is some.
  var input: UnsafeMutablePointer<UInt8>?
  var inputCount: UInt32
  var inputCapacity: UInt32
  /// Milliseconds of the loop's clock; 0: none. The node below may be due earlier; then it is armed again.
  var deadline: UInt64
  var timer: TimerNode

  var event: event
}
