/// Bytes that grow as data really arrives; for messages in several frames and for inflated ones.
///
/// Eight bytes after the end are always addressable, as everywhere on the read path.
@safe struct WebSocketMemory: ~Copyable {
  private(set) var bytes: UnsafeMutablePointer<UInt8>?
  private(set) var count = 0
  private var capacity = 0

  deinit { unsafe bytes?.deallocate() }

  /// Room for `more` bytes after those there are; at least doubles, so that appending stays linear.
  ///
  /// - Parameter most: no more than this will ever be needed, so nothing beyond it is allocated.
  mutating func reserve(_ more: Int, most: Int = .max) -> UnsafeMutablePointer<UInt8> {
    if let bytes = unsafe bytes, capacity - count >= more { return unsafe bytes + count }
    let grown = max(count + more, min(max(capacity * 2, 256), most))
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: grown + 8)
    if let old = unsafe bytes {
      unsafe memory.update(from: old, count: count)
      unsafe old.deallocate()
    }
    unsafe bytes = memory
    capacity = grown
    return unsafe memory + count
  }

  /// Keeps bytes that have been written into the reserve.
  mutating func extend(by more: Int) {
    precondition(more <= capacity - count, "not reserved")
    count += more
  }

  mutating func append(_ from: UnsafePointer<UInt8>, _ more: Int) {
    unsafe reserve(more).update(from: from, count: more)
    count += more
  }

  /// Gives the memory back.
  mutating func clear() {
    unsafe bytes?.deallocate()
    unsafe bytes = nil
    count = 0
    capacity = 0
  }
}
