import HTTPTypes
import HalleyProtocols

/// What is sent of a file: all of it, one range, several, or nothing.
struct FileContent {
  private let file: OpenFile
  private let type: String
  private let selection: RangeSelection

  /// Looks at `Range` and `If-Range`; HEAD ignores both, as if they were absent (RFC 9110 §14.2).
  init(_ request: FileRequest, file: OpenFile, type: String, tag: EntityTag, modified: Int64) {
    self.file = file
    self.type = type
    selection = RangeSelection(
      method: request.isHead ? .head : .get, size: file.size, tag: tag, lastModified: modified, field: request.field)
  }

  func answer(_ fields: HTTPFields, isHead: Bool) -> FileAnswer {
    var fields = fields
    fields[.contentType] = type
    switch selection {
    case .whole:
      let body = FileBody(file, [.file(0..<file.size)])
      return FileAnswer(status: 200, fields: fields, body: isHead ? nil : body, length: body.length)
    case .unsatisfiable:
      fields[.contentType] = nil
      fields[.contentEncoding] = nil
      fields[.contentRange] = "bytes */\(file.size)"
      return FileAnswer(status: 416, fields: fields)
    case .parts(let ranges) where ranges.count == 1:
      fields[.contentRange] = RangeSelection.contentRange(ranges[0], size: file.size)
      let body = FileBody(file, [.file(ranges[0])])
      return FileAnswer(status: 206, fields: fields, body: body, length: body.length)
    case .parts(let ranges):
      let boundary = Self.boundary()
      fields[.contentType] = "multipart/byteranges; boundary=\(boundary)"
      let body = FileBody(file, parts(ranges, boundary))
      return FileAnswer(status: 206, fields: fields, body: body, length: body.length)
    }
  }

  /// RFC 9110 §14.6: each part says its type and range.
  private func parts(_ ranges: [Range<Int>], _ boundary: String) -> [FileBody.Piece] {
    var pieces: [FileBody.Piece] = []
    for range in ranges {
      let start = pieces.isEmpty ? "" : "\r\n"
      let head = """
        \(start)--\(boundary)\r
        Content-Type: \(type)\r
        Content-Range: \(RangeSelection.contentRange(range, size: file.size))\r
        \r

        """
      pieces.append(.bytes(Array(head.utf8)))
      pieces.append(.file(range))
    }
    pieces.append(.bytes(Array("\r\n--\(boundary)--\r\n".utf8)))
    return pieces
  }

  /// 128 random bits: nobody can put it into a file beforehand.
  private static func boundary() -> String {
    let bits = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
    return "halley-" + bits.map { String($0, radix: 36) }.joined()
  }
}
