/// A response as it came: status, field lines, body.
public struct RawResponse: Sendable, Equatable {
  /// The status code, or 0 if the first line is not a status line.
  public let status: Int
  /// Names in lower case, in order.
  public let fields: [Field]
  /// The body, not decoded.
  public var body: [UInt8] = []

  /// One field line.
  public struct Field: Sendable, Equatable {
    /// In lower case.
    public let name: String
    /// Without white space around it.
    public let value: String
  }

  /// Reads a head up to its empty line.
  public init(head: [UInt8]) {
    var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    let first = lines.popFirst()?.split(separator: " ", maxSplits: 2) ?? []
    status = first.count > 1 && first[0] == "HTTP/1.1" ? Int(first[1]) ?? 0 : 0
    fields = lines.compactMap { line in
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      return Field(name: parts[0].lowercased(), value: String(parts[1].drop { $0 == " " }))
    }
  }

  /// The value of the first field of that name, in lower case.
  public subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// The body as text.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// All responses in a stream of bytes, with bodies by `Content-Length`.
  public static func all(in bytes: [UInt8]) -> [RawResponse] {
    var found: [RawResponse] = []
    var rest = bytes[...]
    while let end = rest.firstEnd {
      var response = RawResponse(head: Array(rest[..<end]))
      rest = rest[end...]
      let length = min(Int(response["content-length"] ?? "0") ?? 0, rest.count)
      response.body = Array(rest.prefix(length))
      rest = rest.dropFirst(length)
      found.append(response)
    }
    return found
  }
}

extension ArraySlice where Element == UInt8 {
  /// The index after the first empty line.
  fileprivate var firstEnd: Int? {
    let end = Array("\r\n\r\n".utf8)
    guard count >= end.count else { return nil }
    for index in startIndex...(endIndex - end.count) where self[index..<index + end.count].elementsEqual(end) {
      return index + end.count
    }
    return nil
  }
}
