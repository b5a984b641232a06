internal import CHalleyShims
internal import Glibc
package import HTTPTypes
package import HalleyEventLoop

extension HTTPExchange {
  /// Why a connection stayed on evhttp.
  package enum DetachError: Error, Equatable {
    /// Output is still queued, or memory or descriptors are short: answer 503. `code` is an errno value.
    case refused(code: Int32)
    /// The connection is gone.
    case gone
  }

  /// Moves the connection to the loop's engine; the exchange is over. `driver.opened` is called, then whatever the client
  /// sent after the request is fed to it; `head` is written before anything else. The connection counts against the
  /// carrier's limit until `HTTPCarrier.detachedConnectionEnded`.
  ///
  /// - Parameter head: a complete response head, such as `responseHead` makes.
  /// - Throws: `refused` leaves the exchange open.
  @discardableResult
  package func detach(to driver: ConnectionDriver, head: RawSpan) throws(DetachError) -> Connection {
    guard let connection = unsafe connection else { throw .gone }
    var rest: UnsafeMutablePointer<UInt8>?
    var count = 0
    let fd = unsafe halley_guard_detach(connection, &rest, &count)
    defer { unsafe free(rest) }
    guard fd >= 0 else {
      if unsafe self.connection == nil { throw .gone }
      throw .refused(code: -fd)
    }
    let patience = HTTPLimits.patience(stall: Int(clamping: driver.writeStall))
    if patience != HTTPLimits.patience(stall: carrier.limits.stallTimeout) {
      // A route of its own mind; should it fail, the server's holds.
      var value = Int32(clamping: patience)
      _ = unsafe setsockopt(fd, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &value, socklen_t(MemoryLayout<Int32>.size))
    }
    // The guard is gone without a word; its reference to this object is ours to release.
    finished(gone: false)
    unsafe Unmanaged.passUnretained(self).release()
    let moved = unsafe head.withUnsafeBytes { head in
      unsafe carrier.loop.adopt(
        fd: fd, driver: driver, received: UnsafeRawBufferPointer(start: rest, count: count), head: head)
    }
    guard let moved else {
      carrier.detachedConnectionEnded()
      throw .gone
    }
    return moved
  }

  /// A response head for `detach`: status line, `Date`, the fields given, and an empty line. No field is added or taken
  /// out besides `Date`. nil if a field would break the head's lines.
  package func responseHead(status: Int, fields: HTTPFields) -> [UInt8]? {
    carrier.responses.begin(status)
    let buffer = carrier.responses.buffer
    for field in fields where field.name != .date { buffer.append(name: field.name.rawName, value: field.value) }
    buffer.append("\r\n")
    return buffer.isBroken ? nil : unsafe Array(buffer.bytes)
  }
}
