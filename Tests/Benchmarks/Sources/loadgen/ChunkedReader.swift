/// Takes the chunk framing of RFC 9112 §7.1 off a body, in place.
struct ChunkedReader {
  private var left = 0
  private var state = State.size

  private enum State { case size, data, dataEnd }

  /// Moves the data of all chunks to the front of `bytes`.
  ///
  /// - Returns: `data`, how many bytes of body now stand at the front, and `used`, how many of the input are done with.
  mutating func strip(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) throws -> (data: Int, used: Int) {
    var data = 0
    var at = 0
    while at < count {
      switch state {
      case .size:
        var end = at
        while end < count, bytes[end] != 10 { end += 1 }
        if end == count { return (data, at) }
        left = 0
        for i in at..<max(at, end - 1) {
          guard let digit = Character(UnicodeScalar(bytes[i])).hexDigitValue else {
            throw LoadError.protocolViolation("a chunk size")
          }
          left = left << 4 | digit
        }
        at = end + 1
        if left == 0 { throw LoadError.closedByServer("last chunk") }
        state = .data
      case .data:
        let take = min(left, count - at)
        (bytes + data).update(from: bytes + at, count: take)
        data += take
        at += take
        left -= take
        if left == 0 { state = .dataEnd }
      case .dataEnd:
        if count - at < 2 { return (data, at) }
        if bytes[at] != 13 || bytes[at + 1] != 10 { throw LoadError.protocolViolation("the end of a chunk") }
        at += 2
        state = .size
      }
    }
    return (data, at)
  }
}
