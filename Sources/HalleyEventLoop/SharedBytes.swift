internal import Glibc

/// Bytes that many connections of one loop share. The count of owners is kept by hand and is not atomic: loop-confined.
///
/// A new one has one owner, who must `release()` it; queueing it on a connection adds an owner by itself.
@frozen public struct SharedBytes {
  @usableFromInline struct Head {
    let loop: UnsafeMutablePointer<LoopState>
    @usableFromInline var owners: UInt32
    @usableFromInline var count: UInt32
    @usableFromInline var capacity: UInt32
    /// Messages of a broadcast, for limits by number.
    var messages: UInt32
  }

  @usableFromInline let head: UnsafeMutablePointer<Head>

  /// Empty bytes with room for `capacity`, at most 1 GiB. One allocation.
  public init(loop: EventLoop, capacity: Int) { self.init(loop: loop.state, capacity: capacity) }

  /// A copy of `bytes`. One allocation.
  public init(loop: EventLoop, copying bytes: RawSpan) {
    self.init(loop: loop.state, capacity: bytes.byteCount)
    bytes.withUnsafeBytes { append($0) }
  }

  init(loop: UnsafeMutablePointer<LoopState>, capacity: Int) {
    precondition(capacity >= 0 && capacity <= 1 << 30, "shared bytes are at most 1 GiB")
    let memory = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<Head>.stride + capacity, alignment: 16)
    head = memory.bindMemory(to: Head.self, capacity: 1)
    head.initialize(to: Head(loop: loop, owners: 1, count: 0, capacity: UInt32(capacity), messages: 0))
    loop.pointee.gauges.sharedBuffers &+= 1
  }

  /// The first byte.
  @inlinable public var bytes: UnsafeMutablePointer<UInt8> {
    (UnsafeMutableRawPointer(head) + MemoryLayout<Head>.stride).assumingMemoryBound(to: UInt8.self)
  }
  /// How many bytes there are.
  @inlinable public var count: Int { Int(head.pointee.count) }
  /// How many there can be.
  @inlinable public var capacity: Int { Int(head.pointee.capacity) }
  /// Whether somebody else holds them too; then they must not be changed.
  @inlinable public var isShared: Bool { head.pointee.owners != 1 }

  /// Adds bytes that the caller has written after the end, within the capacity.
  @inlinable public func extend(by count: Int) { head.pointee.count &+= UInt32(truncatingIfNeeded: count) }

  /// Copies bytes to the end. The caller has seen to the room.
  func append(_ source: UnsafeRawBufferPointer) {
    guard let from = source.baseAddress else { return }
    precondition(source.count <= capacity - count, "no room in the shared bytes")
    memcpy(bytes + count, from, source.count)
    extend(by: source.count)
  }

  /// Adds an owner.
  @inlinable public func retain() { head.pointee.owners &+= 1 }

  /// Takes an owner away; the last one frees the memory.
  public func release() {
    head.pointee.owners &-= 1
    if head.pointee.owners == 0 {
      head.pointee.loop.pointee.gauges.sharedBuffers &-= 1
      head.deallocate()
    }
  }

  // MARK: The loop's spare, which no gauge counts

  /// Empties them and takes them out of the gauge.
  func putAside() {
    head.pointee.count = 0
    head.pointee.messages = 0
    head.pointee.loop.pointee.gauges.sharedBuffers &-= 1
  }

  /// Back into use.
  func takeUp() { head.pointee.loop.pointee.gauges.sharedBuffers &+= 1 }

  /// Frees bytes that were put aside.
  func discard() { head.deallocate() }
}

@available(*, unavailable)
extension SharedBytes: Sendable {}
