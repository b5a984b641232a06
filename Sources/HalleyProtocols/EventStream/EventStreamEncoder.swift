/// Writes blocks of an event stream (WHATWG HTML §9.2.6). No value can end its line, whatever bytes it has.
public enum EventStreamEncoder {
  /// One block, fields in the order `retry`, `id`, `event`, `data`, ended by an empty line.
  ///
  /// - Parameters:
  ///   - retry: reconnection time, milliseconds.
  ///   - id: the last event ID from here on. CR, LF and NUL are left out.
  ///   - event: the event's name. CR, LF and NUL are left out; empty is the same as none.
  ///   - data: split at CRLF, CR and LF into `data:` lines; the page sees LF. Nil writes none, so nothing is dispatched.
  public static func block(retry: Int? = nil, id: String? = nil, event: String? = nil, data: [UInt8]? = nil) -> [UInt8]
  {
    var out: [UInt8] = []
    out.reserveCapacity((data?.count ?? 0) + 64)
    if let retry, retry >= 0 { out += Array("retry: \(retry)\n".utf8) }
    if let id { field("id: ", id, &out) }
    if let event, !event.isEmpty { field("event: ", event, &out) }
    if let data { lines(data, &out) }
    out.append(0x0A)
    return out
  }

  private static func field(_ name: String, _ value: String, _ out: inout [UInt8]) {
    out += Array(name.utf8)
    out += value.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 }
    out.append(0x0A)
  }

  /// CRLF is one break, split over two bytes: the LF after a CR adds nothing.
  private static func lines(_ data: [UInt8], _ out: inout [UInt8]) {
    var from = 0
    var at = 0
    while at < data.count {
      let byte = data[at]
      if byte == 0x0A || byte == 0x0D {
        line(data[from..<at], &out)
        if byte == 0x0D, at + 1 < data.count, data[at + 1] == 0x0A { at += 1 }
        from = at + 1
      }
      at += 1
    }
    line(data[from...], &out)
  }

  private static func line(_ line: ArraySlice<UInt8>, _ out: inout [UInt8]) {
    // One space after the colon is taken off by the reader; an empty payload is `data:` alone.
    out += Array((line.isEmpty ? "data:" : "data: ").utf8)
    out += line
    out.append(0x0A)
  }
}
