internal import CHalleyShims
internal import Glibc

extension ConnectionSlot {
  /// Up to here the kept beginning of a message is copied in front of the next read, in the loop's buffer, so that a
  /// connection holds no more memory than has arrived. A longer one is read on where it is.
  private static var copiedInput: Int { 16 << 10 }

  /// One read, at most 512 KiB, handed to the driver in place.
  func readable() {
    if has(.notReadable) { return readableWithoutDriver() }
    let loop = p.pointee.loop
    let kept = Int(p.pointee.inputCount)
    var buffer = loop.pointee.input
    var room = LoopState.inputCapacity
    if kept != 0 {
      guard let place = continueInput(kept) else { return }
      buffer = place
      if buffer == loop.pointee.input { room &-= kept } else { room = Int(p.pointee.inputCapacity) &- kept }
    }
    let count = halley_receive(p.pointee.fd, buffer + kept, room, 0)
    if count <= 0 { return inputStopped(count) }
    p.pointee.lastInput = loop.pointee.now
    feed(buffer, kept &+ count)
  }

  /// Hands bytes to the driver, sends what it has corked and keeps what it has not used.
  @inline(__always) func feed(_ buffer: UnsafeMutablePointer<UInt8>, _ count: Int) {
    let loop = p.pointee.loop
    loop.pointee.reading = p
    let used = drive { $0.received(handle, buffer, count) }
    if loop.pointee.corkCount != 0 { uncork() }
    loop.pointee.reading = nil
    if loop.pointee.jobs.pointee.count != 0 { loop.pointee.wantTurnEnd() }
    if used != count || p.pointee.inputCount != 0 { keep(buffer, used, count) }
  }

  /// Where to read on after `kept` bytes: in the loop's buffer, or in the own memory with as much room again. `nil` when
  /// there is no memory for that: the connection closes.
  @inline(never) private func continueInput(_ kept: Int) -> UnsafeMutablePointer<UInt8>? {
    let loop = p.pointee.loop
    let own = p.pointee.input.unsafelyUnwrapped
    if kept <= Self.copiedInput {
      memcpy(loop.pointee.input, own, kept)
      return loop.pointee.input
    }
    if Int(p.pointee.inputCapacity) < kept * 2, !resizeInput(kept * 2) { return nil }
    return p.pointee.input
  }

  @inline(never) private func keep(_ buffer: UnsafeMutablePointer<UInt8>, _ used: Int, _ count: Int) {
    assert(used >= 0 && used <= count, "the driver used more than there was")
    let from = min(max(used, 0), count)
    let rest = count - from
    if rest == 0 || has(.notOpen) { return dropInput() }
    if rest > drive({ $0.maxInput }) {
      dropInput()
      return close()
    }
    if buffer == p.pointee.input {
      if from > 0 { memmove(buffer, buffer + from, rest) }
      if Int(p.pointee.inputCapacity) > 4 * max(rest, 4096), !resizeInput(rest) { return }
    } else {
      // Powers of two, so that a peer that sends byte by byte does not make us reallocate for each.
      let capacity = Int(p.pointee.inputCapacity)
      if capacity < rest || capacity > 4 * max(rest, 64) {
        p.pointee.inputCount = 0
        guard resizeInput(max(64, 1 << (Int.bitWidth - (rest - 1).leadingZeroBitCount))) else { return }
      }
      memcpy(p.pointee.input.unsafelyUnwrapped, buffer + from, rest)
    }
    p.pointee.inputCount = UInt32(truncatingIfNeeded: rest)
  }

  /// Changes the own memory; `false` when there is none to be had: that costs this connection, not the process.
  private func resizeInput(_ capacity: Int) -> Bool {
    // A capacity is at most twice what has arrived, and no more than `maxInput` is kept.
    guard let memory = realloc(p.pointee.input, capacity + LoopState.padding) else {
      dropInput()
      close()
      return false
    }
    p.pointee.input = memory.assumingMemoryBound(to: UInt8.self)
    p.pointee.loop.pointee.gauges.ownInputBytes &+= capacity &- Int(p.pointee.inputCapacity)
    p.pointee.inputCapacity = UInt32(truncatingIfNeeded: capacity)
    return true
  }

  func dropInput() {
    p.pointee.inputCount = 0
    guard let own = p.pointee.input else { return }
    free(own)
    p.pointee.input = nil
    p.pointee.loop.pointee.gauges.ownInputBytes &-= Int(p.pointee.inputCapacity)
    p.pointee.inputCapacity = 0
  }

  /// Keeps bytes that are offered at the end of the turn, as if they had just been read. Only while nothing is kept.
  func preload(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress, bytes.count > 0 else { return }
    guard resizeInput(bytes.count) else { return }
    memcpy(p.pointee.input.unsafelyUnwrapped, from, bytes.count)
    p.pointee.inputCount = UInt32(truncatingIfNeeded: bytes.count)
    p.pointee.flags.insert(.offering)
    touch()
  }

  /// Hands kept bytes out again.
  func offerKept() {
    p.pointee.flags.remove(.offering)
    guard !has(.notReadable), p.pointee.inputCount > 0, let own = p.pointee.input else { return }
    feed(own, Int(p.pointee.inputCount))
  }

  func pauseReading() {
    if has(.paused) { return }
    p.pointee.flags.insert(.paused)
    touch()
  }

  func resumeReading() {
    if !has(.paused) { return }
    p.pointee.flags.remove(.paused)
    p.pointee.flags.insert(.offering)
    touch()
  }

  /// The end of input, an error or nothing to read.
  @inline(never) private func inputStopped(_ result: Int) {
    if Self.mayTryAgain(result) { return }
    close()
  }

  /// Readable, but the driver is not to be called: paused in this very turn, or about to end.
  @inline(never) private func readableWithoutDriver() {
    guard has(.finishing), !has([.closing, .peerEnded]) else { return }
    let result = halley_receive(p.pointee.fd, p.pointee.loop.pointee.input, LoopState.inputCapacity, 0)
    if result > 0 || Self.mayTryAgain(result) { return }
    if result < 0 || !has(.queued) { return close() }
    // The peer has ended its side only: it still gets what is queued.
    p.pointee.flags.insert(.peerEnded)
    touch()
  }

  /// After a failed send: what the peer had sent before it went is still delivered. Bounded, as a peer may send on.
  func salvageInput() {
    for _ in 0..<4 where !has(.notReadable) { readable() }
    close()
  }
}
