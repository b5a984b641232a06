/// A body sent to many at once: copied in once, then every waiter's reply refers to the same memory.
@safe package final class SharedBody: Sendable {
  // Written in `init` only, so reading it from any thread is safe.
  private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

  /// Copies the bytes.
  package init(_ bytes: [UInt8]) {
    unsafe memory = .allocate(byteCount: max(bytes.count, 1), alignment: 8)
    unsafe memory.copyBytes(from: bytes)
    count = bytes.count
  }

  deinit { unsafe memory.deallocate() }

  /// The length in bytes.
  package let count: Int

  /// The bytes, as long as the object lives.
  var start: UnsafeRawPointer { unsafe UnsafeRawPointer(memory.baseAddress.unsafelyUnwrapped) }
}
