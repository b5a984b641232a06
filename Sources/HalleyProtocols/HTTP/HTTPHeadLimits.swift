/// Bounds of a request head, checked while it arrives and again when it is parsed.
public struct HTTPHeadLimits: Sendable, Hashable, BitwiseCopyable {
  /// Longest request line and longest field line in bytes, without the line end. Default 8192.
  ///
  /// A longer request line answers 414, a longer field line 431.
  public var maxLine: Int
  /// Most bytes of all field lines together, line ends included. Default 32768; more answers 431.
  public var maxFieldSection: Int
  /// Most field lines. Default 100; more answers 431.
  public var maxFields: Int

  /// Limits with the defaults of the configuration keys `http.line`, `http.fields` and `http.fieldCount`.
  public init(maxLine: Int = 8 << 10, maxFieldSection: Int = 32 << 10, maxFields: Int = 100) {
    self.maxLine = maxLine
    self.maxFieldSection = maxFieldSection
    self.maxFields = maxFields
  }
}
