/// A position as it goes over the wire, read without the code under test: eight bytes of epoch, and an offset.
struct LabPlace: Hashable {
  /// The eight ASCII bytes, first one highest.
  var epoch: UInt64
  var offset: Int

  init(epoch: UInt64, offset: Int) {
    self.epoch = epoch
    self.offset = offset
  }

  /// Reads `epoch-offset`; nil for anything else.
  init?(_ text: ArraySlice<UInt8>) {
    guard text.count >= 10, text[text.startIndex + 8] == UInt8(ascii: "-") else { return nil }
    var packed: UInt64 = 0
    for byte in text.prefix(8) { packed = packed << 8 | UInt64(byte) }
    var number = 0
    for digit in text.dropFirst(9) {
      guard digit >= 0x30, digit <= 0x39, number < 1 << 50 else { return nil }
      number = number * 10 + Int(digit - 0x30)
    }
    epoch = packed
    offset = number
  }

  /// The places of a cursor, in its order; nil when one of them is none.
  static func all(in cursor: [UInt8]) -> [LabPlace]? {
    if cursor.count < 40, !cursor.contains(UInt8(ascii: ".")) { return LabPlace(cursor[...]).map { [$0] } }
    var places: [LabPlace] = []
    for part in cursor.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard let place = LabPlace(part) else { return nil }
      places.append(place)
    }
    return places
  }

  /// The cursor that names these places.
  static func cursor(_ places: [LabPlace]) -> String { places.map(\.description).joined(separator: ".") }
}

extension LabPlace: CustomStringConvertible {
  var description: String {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: epoch >> (56 - 8 * UInt64($0))) }
    return "\(String(decoding: bytes, as: UTF8.self))-\(offset)"
  }
}
