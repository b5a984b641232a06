/// One request head that passed ``HTTPHeadParser``: the raw bytes once, and where everything stands in them.
///
/// Nothing is copied until it is asked for. Slices share the storage of ``bytes``; keeping one keeps the whole head.
public struct HTTPRequestHead: Sendable {
  /// The raw head, from the method up to and including the empty line.
  public private(set) var bytes: [UInt8]
  /// The method.
  public let method: HTTPMethod
  /// 0 or 1; versions 1.2 to 1.9 are served as 1.1 (RFC 9110 §2.5).
  public let minorVersion: Int
  /// Whom the request is addressed to: the target's authority if it has one, else `Host` (RFC 9112 §3.3).
  ///
  /// Nil only for HTTP/1.0 without `Host`.
  public let authority: Authority?
  /// Whether the connection may serve another request after this one (RFC 9112 §9.3), from all `Connection` lines.
  public let keepAlive: Bool
  /// The declared length of the body; nil without `Content-Length`.
  public let contentLength: Int?
  /// Whether the body is chunked.
  public let isChunked: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  public let expectsContinue: Bool

  private(set) var target: Range<Int>
  private(set) var pathRange: Range<Int>
  private(set) var queryRange: Range<Int>?
  private(set) var entries: [Entry]

  /// Where one field line has its name and its trimmed value.
  struct Entry: Sendable, BitwiseCopyable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
  }

  /// Gives back the memory of target and fields: for a request that is kept long and needs no more than its method, its
  /// version and whether the connection goes on. The path reads as `/` then, and there are no fields.
  public mutating func forgetText() {
    bytes = []
    entries = []
    target = 0..<0
    pathRange = 0..<0
    queryRange = nil
  }

  /// Whether a body follows the head, however short.
  public var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }

  /// The target as it was sent.
  public var rawTarget: ArraySlice<UInt8> { bytes[target] }

  /// The path as it was sent, still encoded; starts with `/`, except `*` of `OPTIONS *`.
  public var path: ArraySlice<UInt8> { pathRange.isEmpty ? [ASCII.slash] : bytes[pathRange] }

  /// The bytes after the first `?`, still encoded; nil without one.
  public var query: ArraySlice<UInt8>? { queryRange.map { bytes[$0] } }

  /// Whether the request is `OPTIONS *`, about the server and not about a resource (RFC 9112 §3.2.4).
  public var isAsteriskForm: Bool { target.count == 1 && bytes[target.lowerBound] == ASCII.asterisk }

  /// All fields in the order they came.
  public var fields: Fields { Fields(bytes: bytes, entries: entries) }

  /// The value of the first field of that name, without white space around it.
  ///
  /// - Parameter name: lower case.
  public func value(of name: String) -> ArraySlice<UInt8>? {
    let wanted = name.utf8Span.span
    let all = bytes.span
    for entry in entries where ASCII.matches(all, entry.name, wanted) { return bytes[entry.value] }
    return nil
  }

  /// The values of all fields of that name, in order.
  ///
  /// - Parameter name: lower case.
  public func values(of name: String) -> [ArraySlice<UInt8>] {
    let wanted = name.utf8Span.span
    let all = bytes.span
    var found: [ArraySlice<UInt8>] = []
    for entry in entries where ASCII.matches(all, entry.name, wanted) { found.append(bytes[entry.value]) }
    return found
  }

  /// The value of the first field of that name as text; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Parameter name: lower case.
  public func string(of name: String) -> String? {
    value(of: name).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The values of all fields of that name as one text, joined with a comma as RFC 9110 §5.3 allows for lists.
  ///
  /// - Parameter name: lower case.
  public func joined(_ name: String) -> String? {
    let found = values(of: name)
    if found.isEmpty { return nil }
    return found.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
  }

  /// Whether a field of that name is there, even an empty one.
  ///
  /// - Parameter name: lower case.
  public func has(_ name: String) -> Bool { value(of: name) != nil }

  /// Whether a comma-separated list field has `token` as a whole element, over all its lines and ignoring case
  /// (RFC 9110 §5.6.1): `Connection: keep-alive, Upgrade` has `upgrade`, `notupgrade` has not.
  ///
  /// - Parameters:
  ///   - name: the field, lower case.
  ///   - token: the element, lower case.
  public func list(_ name: String, has token: String) -> Bool {
    let wanted = name.utf8Span.span
    let element = token.utf8Span.span
    let all = bytes.span
    for entry in entries where ASCII.matches(all, entry.name, wanted) {
      if ListElements.contains(all, entry.value, element) { return true }
    }
    return false
  }

  /// The fields of a head: a collection of names and values.
  public struct Fields: RandomAccessCollection, Sendable {
    let bytes: [UInt8]
    let entries: [Entry]

    /// No fields.
    public static var none: Fields { Fields(bytes: [], entries: []) }

    /// The same without room to spare: one copy of the places, none of the bytes.
    public func compacted() -> Fields {
      var exact: [Entry] = []
      exact.reserveCapacity(entries.count)
      exact.append(contentsOf: entries)
      return Fields(bytes: bytes, entries: exact)
    }

    /// The first index.
    public var startIndex: Int { 0 }
    /// The number of fields.
    public var endIndex: Int { entries.count }

    /// The field at a position of the collection.
    public subscript(position: Int) -> Field {
      let entry = entries[position]
      return Field(nameBytes: bytes[entry.name], valueBytes: bytes[entry.value])
    }
  }

  /// One field line.
  public struct Field: Sendable, Hashable {
    /// The name as it was sent; a token.
    public let nameBytes: ArraySlice<UInt8>
    /// The value without white space around it; no control byte but HTAB, bytes above 0x7F as sent.
    public let valueBytes: ArraySlice<UInt8>

    /// The name as text.
    public var name: String { String(decoding: nameBytes, as: UTF8.self) }
    /// The value as text; bytes that are not UTF-8 become U+FFFD.
    public var value: String { String(decoding: valueBytes, as: UTF8.self) }
  }
}

/// Walks the elements of a comma-separated field value without quoted strings (RFC 9110 §5.6.1).
enum ListElements {
  /// Calls `body` with the trimmed range of each element that is not empty; stops when it returns false.
  static func forEach(_ bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Bool) {
    var start = range.lowerBound
    while start <= range.upperBound {
      var end = start
      while end < range.upperBound, bytes[end] != ASCII.comma { end += 1 }
      let element = ASCII.trimmed(bytes, start..<end)
      if !element.isEmpty, !body(element) { return }
      start = end + 1
    }
  }

  /// Whether one element is `token` (lower case, not empty), case ignored.
  static func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, _ token: Span<UInt8>) -> Bool {
    guard !token.isEmpty else { return false }
    var start = range.lowerBound
    while start <= range.upperBound {
      var end = start
      while end < range.upperBound, bytes[end] != ASCII.comma { end += 1 }
      if ASCII.matches(bytes, ASCII.trimmed(bytes, start..<end), token) { return true }
      start = end + 1
    }
    return false
  }
}
