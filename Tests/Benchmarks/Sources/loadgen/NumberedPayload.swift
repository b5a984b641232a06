import Glibc

/// Payloads that can be told apart and checked: `#`, ten digits, then letters up to the size.
///
/// Plain ASCII without quotes, so the same bytes travel unchanged as text, inside JSON strings and in event streams;
/// and no `#` occurs in what a server puts around them.
struct NumberedPayload {
  static let marker = UInt8(ascii: "#")
  static let headSize = 11

  let size: Int
  private let filler: [UInt8]

  /// - Parameter size: bytes, at least 11.
  init(size: Int) {
    self.size = max(size, NumberedPayload.headSize)
    filler = (0..<(self.size - NumberedPayload.headSize)).map { UInt8(ascii: "a") + UInt8($0 % 26) }
  }

  func bytes(_ number: Int) -> [UInt8] {
    var digits = [UInt8](repeating: UInt8(ascii: "0"), count: 10)
    var rest = number
    var i = 9
    while rest > 0, i >= 0 {
      digits[i] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      i -= 1
    }
    return [NumberedPayload.marker] + digits + filler
  }

  /// The number of the payload that begins at `bytes`, of which all `size` bytes must be there; nil if it is not one
  /// of ours, whole and unchanged.
  func number(at bytes: UnsafePointer<UInt8>) -> Int? {
    if bytes[0] != NumberedPayload.marker { return nil }
    var value = 0
    for i in 1...10 {
      let digit = bytes[i] &- UInt8(ascii: "0")
      if digit > 9 { return nil }
      value = value &* 10 &+ Int(digit)
    }
    let same = filler.withUnsafeBufferPointer {
      memcmp(bytes + NumberedPayload.headSize, $0.baseAddress ?? bytes, $0.count)
    }
    return same == 0 ? value : nil
  }

  /// Calls `body` with the number of each payload in a text, and returns how many bytes are done with: all but a
  /// payload that has begun and is not complete.
  func scan(_ bytes: UnsafePointer<UInt8>, _ count: Int, _ body: (Int) throws -> Void) throws -> Int {
    var at = 0
    while let found = memchr(bytes + at, Int32(NumberedPayload.marker), count - at) {
      at = UnsafeRawPointer(found) - UnsafeRawPointer(bytes)
      if count - at < size { return at }
      guard let number = number(at: bytes + at) else { throw LoadError.wrongContent("a payload was changed") }
      try body(number)
      at += size
    }
    return count
  }
}
