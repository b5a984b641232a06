internal import CHalleyShims
internal import HalleyProtocols

/// permessage-deflate for all connections of one driver: contexts and scratch are made when first used. Loop-confined.
@safe final class WebSocketCompression {
  /// Messages up to this are sent as they are, in bytes: compressing them gains nothing.
  static let smallest = 64
  /// Inflated bytes are counted and checked in steps of this size.
  private static let step = 16 << 10

  private var inflater: OpaquePointer?
  private var deflater: OpaquePointer?

  deinit {
    if let inflater = unsafe inflater { unsafe halley_inflater_free(inflater) }
    if let deflater = unsafe deflater { unsafe halley_deflater_free(deflater) }
  }

  /// Appends the inflated payload to `memory`; nil, or the code to fail with: 1009 as soon as it grows beyond `limit`,
  /// 1007 for data that is not deflate and for text that is not UTF-8.
  func inflate(
    _ payload: UnsafePointer<UInt8>, _ count: Int, into memory: inout WebSocketMemory, limit: Int, isText: Bool
  ) -> WebSocketCloseCode? {
    if unsafe inflater == nil { unsafe inflater = halley_inflater_new() }
    guard let inflater = unsafe inflater else { return .internalError }
    unsafe halley_inflater_begin(inflater, payload, count)
    var text = WebSocketUTF8()
    while true {
      // One byte beyond the limit, so that a message of exactly that size ends in peace.
      let room = min(Self.step, limit - memory.count + 1)
      let out = unsafe memory.reserve(room, most: limit + 1)
      var written = 0
      let result = unsafe halley_inflater_step(inflater, out, room, &written)
      memory.extend(by: written)
      if memory.count > limit { return .messageTooBig }
      if isText, unsafe !text.feed(Span(_unsafeStart: UnsafePointer(out), count: written)) { return .invalidPayload }
      if result == HALLEY_INFLATE_ERROR.rawValue { return .invalidPayload }
      if result == HALLEY_INFLATE_DONE.rawValue { return text.isAtBorder ? nil : .invalidPayload }
    }
  }

  /// Compresses a payload into `out`, which has room for `count` bytes; nil when that does not make it smaller.
  func deflate(
    _ payload: UnsafePointer<UInt8>, _ count: Int, into out: UnsafeMutablePointer<UInt8>, windowBits: UInt8
  ) -> Int? {
    if unsafe deflater == nil { unsafe deflater = halley_deflater_new() }
    guard let deflater = unsafe deflater else { return nil }
    let length = unsafe halley_deflate(deflater, Int32(windowBits), payload, count, out, count)
    return length > 0 && length < count ? length : nil
  }
}
