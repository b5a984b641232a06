/// Dates of HTTP (RFC 9110 §5.6.7) in seconds since 1970, by arithmetic alone.
///
/// A value is the text of one second, kept until another is asked for: the `Date` field costs something once a second.
public struct HTTPDate: Sendable {
  /// Bytes of the text: it is always as long as `Thu, 01 Jan 1970 00:00:00 GMT`.
  public static let count = 29

  /// The text (IMF-fixdate) of the second that was set last; at first that of 1970.
  public private(set) var bytes: [UInt8] = Array("Thu, 01 Jan 1970 00:00:00 GMT".utf8)
  private var second: Int64 = 0

  /// The text of the first second of 1970.
  public init() {}

  /// The text of one moment, for fields such as `Last-Modified`.
  public static func text(_ seconds: Int64) -> String {
    var date = HTTPDate()
    date.advance(to: seconds)
    return String(decoding: date.bytes, as: UTF8.self)
  }

  /// The last second of the year 9999, the end of what the format can say.
  static let last: Int64 = 253_402_300_799

  /// Brings the text up to the second given, in seconds since 1970; free when it has not changed.
  ///
  /// A moment before 1970 or after 9999 becomes the first or the last that can be said.
  public mutating func advance(to seconds: Int64) {
    let now = min(max(seconds, 0), HTTPDate.last)
    if now == second { return }
    second = now
    let (days, rest) = now.quotientAndRemainder(dividingBy: 86_400)
    // Days to civil date, by eras of 400 years that begin in March: leap days then come last.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    put(Self.weekdays[Int((days + 4) % 7)], at: 0)
    put(day, digits: 2, at: 5)
    put(Self.months[Int(month - 1)], at: 8)
    put(year, digits: 4, at: 12)
    put(rest / 3_600, digits: 2, at: 17)
    put(rest / 60 % 60, digits: 2, at: 20)
    put(rest % 60, digits: 2, at: 23)
  }

  static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private mutating func put(_ text: String, at start: Int) {
    for (offset, byte) in text.utf8.enumerated() { bytes[start + offset] = byte }
  }

  private mutating func put(_ number: Int64, digits: Int, at start: Int) {
    var left = number
    for offset in (0..<digits).reversed() {
      bytes[start + offset] = 0x30 + UInt8(left % 10)
      left /= 10
    }
  }
}
