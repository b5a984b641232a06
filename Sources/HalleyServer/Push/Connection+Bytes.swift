import HalleyEventLoop

extension Connection {
  /// Writes an array; the bytes are borrowed for the call only, which is what makes the span safe.
  func write(bytes: [UInt8]) { unsafe write(bytes.span.bytes) }
}
