import CLinux

/// The head of a response: the status, and how the body ends.
struct ResponseHead {
  var status: Int
  /// Bytes of the head, with its blank line.
  var size: Int
  var contentLength: Int?
  var chunked = false
  var text: String

  /// The head at the start of `bytes`; nil when it is not complete.
  static func parse(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> ResponseHead? {
    guard let end = bench_find(bytes, count, "\r\n\r\n", 4) else { return nil }
    let size = UnsafeRawPointer(end) - UnsafeRawPointer(bytes) + 4
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: size), as: UTF8.self)
    guard count >= 12, text.hasPrefix("HTTP/1."), let status = Int(text.dropFirst(9).prefix(3)) else {
      throw LoadError.protocolViolation("no status line")
    }
    var head = ResponseHead(status: status, size: size, text: text)
    for line in text.split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = parts.count == 2 ? parts[1].drop { $0 == " " } : ""
      switch parts[0].lowercased() {
      case "content-length": head.contentLength = Int(value)
      case "transfer-encoding": head.chunked = value.lowercased() == "chunked"
      default: break
      }
    }
    return head
  }
}

/// Finds status and length of a response without making a string, for loads that read many.
///
/// Returns nil when the response is not complete, else its parts. Only responses with `Content-Length` are accepted.
struct WholeResponse {
  var status: Int
  var body: Int
  var end: Int

  static func parse(_ bytes: UnsafePointer<UInt8>, _ count: Int) throws -> WholeResponse? {
    guard let blank = bench_find(bytes, count, "\r\n\r\n", 4) else { return nil }
    let body = UnsafeRawPointer(blank) - UnsafeRawPointer(bytes) + 4
    guard let field = strcasestrBounded(bytes, body, "\r\ncontent-length:") else {
      throw LoadError.protocolViolation("a response without Content-Length")
    }
    var length = 0
    var at = field
    while bytes[at] == UInt8(ascii: " ") { at += 1 }
    while bytes[at] >= UInt8(ascii: "0"), bytes[at] <= UInt8(ascii: "9"), length < 1 << 30 {
      length = length * 10 + Int(bytes[at] - UInt8(ascii: "0"))
      at += 1
    }
    if count - body < length { return nil }
    let status = (9..<12).reduce(0) { $0 * 10 + Int(bytes[$1]) - 48 }
    return WholeResponse(status: status, body: body, end: body + length)
  }
}

/// The position just after `needle` (lower case), compared without case; nil when it is not there.
private func strcasestrBounded(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ needle: StaticString) -> Int? {
  let wanted = needle.utf8Start
  let size = needle.utf8CodeUnitCount
  if count < size { return nil }
  var at = 0
  while at <= count - size {
    var i = 0
    while i < size {
      let byte = bytes[at + i]
      let lower = byte >= 65 && byte <= 90 ? byte | 0x20 : byte
      if lower != wanted[i] { break }
      i += 1
    }
    if i == size { return at + size }
    at += 1
  }
  return nil
}
