extension HTTPDate {
  /// Reads a date in one of the three formats that a recipient must accept (RFC 9110 §5.6.7):
  ///
  /// ```
  /// Sun, 06 Nov 1994 08:49:37 GMT      IMF-fixdate
  /// Sunday, 06-Nov-94 08:49:37 GMT     RFC 850; years 70 to 99 are 19xx, the others 20xx
  /// Sun Nov  6 08:49:37 1994           asctime
  /// ```
  ///
  /// Case counts, and so does every space. The name of the weekday must be one, but need not be the right one.
  ///
  /// - Returns: seconds since 1970, or nil for anything else; a field with such a value is ignored.
  public static func parse(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    // The formats differ in the byte after the weekday's name: a comma after three letters, after more, or none.
    guard bytes.count <= 40, bytes.count >= 24 else { return nil }
    if bytes[3] == ASCII.space { return asctime(bytes) }
    return bytes[3] == ASCII.comma ? fixed(bytes) : rfc850(bytes)
  }

  private static func fixed(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count == count, weekday(bytes[0..<3]), matches(bytes, ",", 3), matches(bytes, " ", 4),
      matches(bytes, " ", 7), matches(bytes, " ", 11), matches(bytes, " ", 16), matches(bytes, " GMT", 25)
    else { return nil }
    return moment(year: number(bytes[12..<16]), bytes[8..<11], day: number(bytes[5..<7]), time: bytes[17..<25])
  }

  private static func rfc850(_ bytes: [UInt8]) -> Int64? {
    let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    guard let name = names.first(where: { bytes.starts(with: $0.utf8) }) else { return nil }
    let rest = Array(bytes[name.utf8.count...])
    guard rest.count == 24, matches(rest, ", ", 0), matches(rest, "-", 4), matches(rest, "-", 8),
      matches(rest, " ", 11), matches(rest, " GMT", 20), let short = number(rest[9..<11])
    else { return nil }
    let year = short < 70 ? 2000 + short : 1900 + short
    return moment(year: year, rest[5..<8], day: number(rest[2..<4]), time: rest[12..<20])
  }

  private static func asctime(_ bytes: [UInt8]) -> Int64? {
    guard bytes.count == 24, weekday(bytes[0..<3]), matches(bytes, " ", 7), matches(bytes, " ", 10),
      matches(bytes, " ", 19)
    else { return nil }
    let day = bytes[8] == ASCII.space ? number(bytes[9..<10]) : number(bytes[8..<10])
    return moment(year: number(bytes[20..<24]), bytes[4..<7], day: day, time: bytes[11..<19])
  }

  /// Puts the parts together, if each is in its range. A leap second counts as the second after it.
  private static func moment(
    year: Int64?, _ monthName: ArraySlice<UInt8>, day: Int64?, time: ArraySlice<UInt8>
  ) -> Int64? {
    let clock = Array(time)
    guard let year, let day, let month = months.firstIndex(where: { monthName.elementsEqual($0.utf8) }),
      matches(clock, ":", 2), matches(clock, ":", 5), let hour = number(clock[0..<2]),
      let minute = number(clock[3..<5]), let second = number(clock[6..<8]), hour < 24, minute < 60, second <= 60,
      day >= 1, day <= days(in: Int64(month) + 1, of: year)
    else { return nil }
    return civilDays(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
  }

  private static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// Days from 1970 to a date, by eras of 400 years that begin in March, as in the other direction. Years 0 to 9999.
  private static func civilDays(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year + 399 : year + 400
    let era = shifted / 400
    let yearOfEra = shifted % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return (era - 1) * 146_097 + dayOfEra - 719_468
  }

  private static func weekday(_ bytes: ArraySlice<UInt8>) -> Bool {
    weekdays.contains { bytes.elementsEqual($0.utf8) }
  }

  private static func matches(_ bytes: [UInt8], _ text: String, _ at: Int) -> Bool {
    bytes.count - at >= text.utf8.count && bytes[at..<(at + text.utf8.count)].elementsEqual(text.utf8)
  }

  /// At most four digits.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    var value: Int64 = 0
    for digit in digits {
      guard ASCII.isDigit(digit) else { return nil }
      value = value * 10 + Int64(digit - ASCII.zero)
    }
    return value
  }
}
