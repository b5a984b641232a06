/// Finds the end of a request head while it arrives, and watches the limits and the line ends on the way.
///
/// Feed it every byte of the connection once, in any pieces: the verdict depends on the bytes alone. It knows only
/// what must be known early (line ends, control bytes, lengths, counts); ``HTTPHeadParser`` judges the whole.
///
/// Duties of the caller: on ``Verdict/complete(_:)`` cut the head there, parse it, and make a new scanner for the next
/// one; on ``Verdict/refused(_:)`` answer and close.
public struct HTTPHeadScanner: Sendable, BitwiseCopyable {
  /// What is known after the bytes so far.
  public enum Verdict: Sendable, Hashable {
    /// The head goes on.
    case incomplete
    /// The head ends after so many bytes of this piece; the rest belongs to the body or the next request.
    case complete(Int)
    /// The head is bad whatever follows. Further calls say the same.
    case refused(HTTPRefusal)
  }

  private let maxLine: UInt32
  private let maxFieldSection: UInt32
  private let maxFields: UInt32
  /// Bytes of the current line so far.
  private var line: UInt32 = 0
  /// Bytes of the field section before the current line.
  private var section: UInt32 = 0
  /// Lines before the current one; the first is the request line.
  private var lines: UInt32 = 0
  private var afterCarriageReturn = false
  private var isRefused = false
  private var refusal = HTTPRefusal.incompleteHead

  /// The state at the start of a connection, or right after the head and body before.
  public init(limits: HTTPHeadLimits = HTTPHeadLimits()) {
    func bounded(_ value: Int) -> UInt32 { UInt32(clamping: min(max(value, 0), Int(Int32.max))) }
    maxLine = bounded(limits.maxLine)
    maxFieldSection = bounded(limits.maxFieldSection)
    maxFields = bounded(limits.maxFields)
  }

  /// Whether not a single byte has come: the connection is idle, not slow.
  public var isIdle: Bool { lines == 0 && line == 0 && !afterCarriageReturn && !isRefused }

  /// Takes in the next piece.
  public mutating func scan(_ bytes: Span<UInt8>) -> Verdict {
    if isRefused { return .refused(refusal) }
    var at = 0
    while at < bytes.count {
      if afterCarriageReturn {
        guard bytes[at] == ASCII.lineFeed else { return refuse(.malformedLineEnd) }
        afterCarriageReturn = false
        at += 1
        if line == 0 {
          // An empty line ends the head; before the request line there is none to end.
          return lines == 0 ? refuse(.malformedLineEnd) : .complete(at)
        }
        endLine()
        continue
      }
      let end = ByteSearch.endOfText(bytes, from: at)
      if let broken = extendLine(end - at) { return refuse(broken) }
      guard end < bytes.count else { return .incomplete }
      switch bytes[end] {
      case ASCII.carriageReturn: afterCarriageReturn = true
      case ASCII.lineFeed: return refuse(.malformedLineEnd)
      default: return refuse(.controlByte)
      }
      at = end + 1
    }
    return .incomplete
  }

  private mutating func refuse(_ reason: HTTPRefusal) -> Verdict {
    isRefused = true
    refusal = reason
    return .refused(reason)
  }

  /// Adds text to the current line; says which limit that breaks.
  private mutating func extendLine(_ count: Int) -> HTTPRefusal? {
    guard count > 0 else { return nil }
    let (sum, over) = line.addingReportingOverflow(UInt32(clamping: count))
    line = sum
    guard lines > 0 else { return over || sum > maxLine ? .targetTooLong : nil }
    // A line counts from its first byte, so a field too many is refused before it is complete.
    if over || sum > maxLine || lines > maxFields { return .fieldsTooLarge }
    return UInt64(section) + UInt64(sum) + 2 > UInt64(maxFieldSection) ? .fieldsTooLarge : nil
  }

  /// The limits bound both sums: `section` by `maxFieldSection`, `lines` by `maxFields` + 1.
  private mutating func endLine() {
    if lines > 0 { section += line + 2 }
    lines += 1
    line = 0
  }
}
