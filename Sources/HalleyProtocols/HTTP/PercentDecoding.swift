/// Percent-decoding of URLs and forms, exactly once.
enum PercentDecoding {
  /// Decodes `%XX`; in forms also `+` as a space. An escape that is not whole stays as it is (WHATWG URL §1.3).
  static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let byte = bytes[at]
      if byte == ASCII.percent, bytes.endIndex - at > 2, let high = ASCII.hexValue(bytes[at + 1]),
        let low = ASCII.hexValue(bytes[at + 2])
      {
        out.append(high << 4 | low)
        at += 3
        continue
      }
      out.append(byte == ASCII.plus && plusIsSpace ? ASCII.space : byte)
      at += 1
    }
    return out
  }
}
