/// The path of a request as decoded segments, fit to be matched against routes and to be opened beneath a directory.
///
/// Decoded exactly once: `%252e` is the text `%2e`, not a dot. What could leave a directory, end a C string, or mean
/// something else to the next reader makes no path at all: `.` and `..`, an empty segment, an encoded `/`, `\`, control
/// bytes, invalid UTF-8. The caller answers all of these with the same 404.
public struct RequestPath: Sendable, Hashable {
  /// The decoded segments between slashes; empty for `/`.
  public let segments: [String]
  /// Whether the path ends with `/`.
  public let hasTrailingSlash: Bool

  /// Decodes the path of a head.
  ///
  /// - Parameter path: the encoded path, ``HTTPRequestHead/path``.
  /// - Returns: nil for a path that is refused, and for `*`.
  public init?(decoding path: ArraySlice<UInt8>) {
    guard path.first == ASCII.slash else { return nil }
    var segments: [String] = []
    var rest = path.dropFirst()
    while !rest.isEmpty {
      let end = rest.firstIndex(of: ASCII.slash) ?? rest.endIndex
      guard let segment = RequestPath.segment(rest[rest.startIndex..<end]) else { return nil }
      segments.append(segment)
      rest = end < rest.endIndex ? rest[(end + 1)...] : []
    }
    self.segments = segments
    hasTrailingSlash = path.last == ASCII.slash
  }

  /// The decoded path as text, starting with `/`.
  public var text: String {
    "/" + segments.joined(separator: "/") + (hasTrailingSlash && !segments.isEmpty ? "/" : "")
  }

  private static func segment(_ encoded: ArraySlice<UInt8>) -> String? {
    guard !encoded.isEmpty else { return nil }
    let bytes = PercentDecoding.decode(encoded, plusIsSpace: false)
    for byte in bytes
    where byte < ASCII.space || byte == ASCII.delete || byte == ASCII.slash || byte == ASCII.backslash {
      return nil
    }
    if bytes.allSatisfy({ $0 == ASCII.dot }), bytes.count <= 2 { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
