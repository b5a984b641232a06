/// Reads the list fields of a handshake (RFC 9110 §5.6.1) from the bytes of one field line, in one pass.
struct WebSocketFieldScanner {
  private let bytes: ArraySlice<UInt8>
  private var at: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    at = bytes.startIndex
  }

  var isAtEnd: Bool { at == bytes.endIndex }

  /// Skips spaces and tabs.
  mutating func skipSpace() {
    while at < bytes.endIndex, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
  }

  /// Skips spaces and one given byte, if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.endIndex, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  /// Skips what separates elements, empty elements included (RFC 9110 §5.6.1.2).
  mutating func skipEmptyElements() { while take(UInt8(ascii: ",")) {} }

  /// A token; nil when none is next.
  mutating func token() -> ArraySlice<UInt8>? {
    skipSpace()
    let start = at
    while at < bytes.endIndex, Self.isTokenByte(bytes[at]) { at += 1 }
    return at > start ? bytes[start..<at] : nil
  }

  /// The value of a parameter: a token, or a quoted string whose content is one (RFC 6455 §9.1).
  mutating func parameterValue() -> [UInt8]? {
    guard take(UInt8(ascii: "\"")) else { return token().map { Array($0) } }
    var value: [UInt8] = []
    while at < bytes.endIndex {
      var byte = bytes[at]
      at += 1
      if byte == UInt8(ascii: "\"") { return value.isEmpty ? nil : value }
      if byte == UInt8(ascii: "\\") {
        guard at < bytes.endIndex else { return nil }
        byte = bytes[at]
        at += 1
      }
      guard Self.isTokenByte(byte) else { return nil }
      value.append(byte)
    }
    return nil
  }

  /// RFC 9110 §5.6.2.
  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}

extension ArraySlice<UInt8> {
  /// Whether these bytes are `text` when ASCII letters are compared without case; `text` is in lower case.
  func matches(lowercase text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { wanted in
      unsafe zip(self, wanted).allSatisfy { byte, want in
        (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == want
      }
    }
  }

  /// Without spaces and tabs around.
  var trimmed: ArraySlice<UInt8> {
    var slice = self
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }
}
