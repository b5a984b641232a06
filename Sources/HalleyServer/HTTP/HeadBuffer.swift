internal import HTTPTypes

/// The carrier's scratch memory in which a response head, or a chunk, is put together; one per loop, reused.
///
/// Bytes that would break the head's lines never enter: `isBroken` is set instead and the caller answers 500.
@safe final class HeadBuffer {
  private(set) var count = 0
  private(set) var isBroken = false
  private var memory: UnsafeMutableRawBufferPointer

  init() { unsafe memory = .allocate(byteCount: 4096, alignment: 8) }

  deinit { unsafe memory.deallocate() }

  /// The bytes so far; valid until the next change.
  var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  func reset() {
    count = 0
    isBroken = false
  }

  func append(_ text: StaticString) {
    unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(bytes.count)
    unsafe (memory.baseAddress.unsafelyUnwrapped + count).copyMemory(from: from, byteCount: bytes.count)
    count += bytes.count
  }

  func append(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe append($0) } }

  /// A decimal number, at least 0.
  func append(decimal number: Int) {
    var left = number.magnitude
    var digits: UInt = 0
    var scale: UInt = 1
    repeat {
      digits += 1
      left /= 10
      if left > 0 { scale *= 10 }
    } while left > 0
    reserve(Int(digits))
    left = number.magnitude
    for _ in 0..<digits {
      unsafe memory[count] = UInt8(truncatingIfNeeded: 0x30 + left / scale)
      left %= scale
      scale /= 10
      count += 1
    }
  }

  /// A number in hexadecimal, as a chunk's size.
  func append(hexadecimal number: Int) {
    let width = max(1, (Int.bitWidth - number.leadingZeroBitCount + 3) / 4)
    reserve(width)
    for place in (0..<width).reversed() {
      let digit = UInt8(truncatingIfNeeded: number >> (place * 4) & 15)
      unsafe memory[count] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
      count += 1
    }
  }

  /// `name: value` CRLF. The name must be a token (RFC 9110 §5.1), the value free of CR, LF and NUL (§5.5).
  func append(name: String, value: String) {
    let start = count
    append(text: name)
    for index in start..<count where unsafe !Self.isToken(memory[index]) { isBroken = true }
    if count == start { isBroken = true }
    append(": ")
    let valueStart = count
    append(text: value)
    for index in valueStart..<count {
      let byte = unsafe memory[index]
      if byte == 0x0D || byte == 0x0A || byte == 0 { isBroken = true }
    }
    append("\r\n")
  }

  private func append(text: String) {
    var text = text
    text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
  }

  private func reserve(_ more: Int) {
    let capacity = unsafe memory.count
    guard count + more > capacity else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count + more, capacity * 2), alignment: 8)
    unsafe larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    unsafe memory.deallocate()
    unsafe memory = larger
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
    default: false
    }
  }
}

@available(*, unavailable)
extension HeadBuffer: Sendable {}
