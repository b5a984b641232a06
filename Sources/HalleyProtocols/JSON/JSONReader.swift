/// Walks JSON text once, copying what is significant. Linear; recursion is bounded by `JSONText.maxDepth`.
struct JSONReader {
  private let bytes: [UInt8]
  private var at = 0
  private(set) var out: [UInt8] = []

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    out.reserveCapacity(bytes.count)
  }

  var isAtEnd: Bool { at == bytes.count }
  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// RFC 8259 §3.
  mutating func value(depth: Int) -> Bool {
    guard depth < JSONText.maxDepth, let first = next else { return false }
    switch first {
    case 0x7B: return list(closing: 0x7D, depth: depth, named: true)
    case 0x5B: return list(closing: 0x5D, depth: depth, named: false)
    case 0x22: return string()
    case 0x74: return word("true")
    case 0x66: return word("false")
    case 0x6E: return word("null")
    default: return number()
    }
  }

  /// RFC 8259 §4 and §5: both are lists in brackets; members of an object have a name in front.
  private mutating func list(closing: UInt8, depth: Int, named: Bool) -> Bool {
    take()
    skipSpace()
    if next == closing {
      take()
      return true
    }
    while true {
      if named {
        guard next == 0x22, string() else { return false }
        skipSpace()
        guard next == 0x3A else { return false }
        take()
        skipSpace()
      }
      guard value(depth: depth + 1) else { return false }
      skipSpace()
      guard let separator = next, separator == 0x2C || separator == closing else { return false }
      take()
      if separator == closing { return true }
      skipSpace()
    }
  }

  /// RFC 8259 §7. The bytes are known to be UTF-8.
  private mutating func string() -> Bool {
    take()
    while let byte = next {
      take()
      switch byte {
      case 0x22: return true
      case 0..<0x20: return false
      case 0x5C: guard escape() else { return false }
      default: break
      }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard let kind = next else { return false }
    take()
    switch kind {
    case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return true
    case 0x75:
      for _ in 0..<4 {
        guard let digit = next, Self.hex(digit) != nil else { return false }
        take()
      }
      return true
    default: return false
    }
  }

  /// RFC 8259 §6.
  private mutating func number() -> Bool {
    if next == 0x2D { take() }
    if next == 0x30 { take() } else if !digits() { return false }
    if next == 0x2E {
      take()
      guard digits() else { return false }
    }
    if next == 0x65 || next == 0x45 {
      take()
      if next == 0x2B || next == 0x2D { take() }
      guard digits() else { return false }
    }
    return true
  }

  private mutating func digits() -> Bool {
    guard let first = next, first >= 0x30, first <= 0x39 else { return false }
    while let digit = next, digit >= 0x30, digit <= 0x39 { take() }
    return true
  }

  private mutating func word(_ word: StaticString) -> Bool {
    for expected in word.description.utf8 {
      guard next == expected else { return false }
      take()
    }
    return true
  }

  private mutating func take() {
    out.append(bytes[at])
    at += 1
  }

  static func hex(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}
