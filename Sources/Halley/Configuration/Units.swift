/// A family of units, smallest first, and how numbers are written in them.
struct Units: Sendable {
  private let units: [(name: String, size: Int)]

  static let duration = Units(units: [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)])
  static let bytes = Units(units: [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
  static let percent = Units(units: [("%", 1)])
  static let none = Units(units: [("", 1)])

  /// Digits and a unit, without space, sign or fraction; nil for anything else and for what overflows.
  func read(_ text: some StringProtocol) -> Int? {
    let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    let name = String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self)
    guard !digits.isEmpty, let number = Int(String(decoding: digits, as: UTF8.self)),
      let unit = units.first(where: { $0.name == name })
    else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: unit.size)
    return overflow ? nil : value
  }

  /// The number in the largest unit that says it exactly.
  func format(_ number: Int) -> String {
    guard number != 0 else { return units.count > 1 ? "0" : "0\(units[0].name)" }
    let unit = units.last { number.isMultiple(of: $0.size) } ?? units[0]
    return "\(number / unit.size)\(unit.name)"
  }
}
