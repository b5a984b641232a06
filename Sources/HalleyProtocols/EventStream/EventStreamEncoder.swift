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
    let most = 64 + (id?.utf8.count ?? 0) + (event?.utf8.count ?? 0) + (data.map { mostLines($0.count) } ?? 0)
    return ByteWriter.array(most: most) { out in
      if let retry, retry >= 0 {
        out.append("retry: ")
        out.append(decimal: retry)
        out.append(0x0A)
      }
      if let id { field("id: ", id, to: &out) }
      if let event, !event.isEmpty { field("event: ", event, to: &out) }
      if let data { lines(data, to: &out) }
      out.append(0x0A)
    }
  }

  /// One line of a field; `name` with its colon and space.
  public static func field(_ name: StaticString, _ value: String, to out: inout ByteWriter) {
    out.append(name)
    for byte in value.utf8 where byte != 0x0A && byte != 0x0D && byte != 0 { out.append(byte) }
    out.append(0x0A)
  }

  /// Most bytes that `lines` writes for so many bytes of data.
  public static func mostLines(_ count: Int) -> Int { 7 * (count + 1) }

  /// The `data:` lines. CRLF is one break, split over two bytes: the LF after a CR adds nothing.
  public static func lines(_ data: [UInt8], to out: inout ByteWriter) {
    unsafe data.withUnsafeBufferPointer { data in
      var from = 0
      // Counting is done in wide steps; most data has no break, and is copied as a whole.
      var breaks = 0
      for at in 0..<data.count where unsafe data[at] == 0x0A || data[at] == 0x0D { breaks &+= 1 }
      while breaks > 0 {
        var at = from
        while unsafe data[at] != 0x0A && data[at] != 0x0D { at += 1 }
        unsafe line(data[from..<at], to: &out)
        breaks -= 1
        if unsafe data[at] == 0x0D, at + 1 < data.count, unsafe data[at + 1] == 0x0A {
          at += 1
          breaks -= 1
        }
        from = at + 1
      }
      unsafe line(data[from...], to: &out)
    }
  }

  private static func line(_ line: Slice<UnsafeBufferPointer<UInt8>>, to out: inout ByteWriter) {
    // One space after the colon is taken off by the reader; an empty payload is `data:` alone.
    if unsafe line.isEmpty {
      out.append("data:\n")
    } else {
      out.append("data: ")
      unsafe out.append(UnsafeBufferPointer(rebasing: line))
      out.append(0x0A)
    }
  }
}
