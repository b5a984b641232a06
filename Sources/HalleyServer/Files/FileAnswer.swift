package import HTTPTypes

/// What a file request says, apart from who carries it.
package struct FileRequest {
  /// The decoded path below the mount, split at slashes.
  package var segments: [String]
  /// The path ends with a slash, or is empty.
  package var trailingSlash: Bool
  /// What follows the `?` of the target, as it was sent.
  package var query: String?
  /// HEAD instead of GET.
  package var isHead: Bool
  /// The value of a field by its lower-case name; several lines joined with a comma.
  package var field: (String) -> String?

  package init(
    segments: [String], trailingSlash: Bool, query: String? = nil, isHead: Bool = false,
    field: @escaping (String) -> String?
  ) {
    self.segments = segments
    self.trailingSlash = trailingSlash
    self.query = query
    self.isHead = isHead
    self.field = field
  }
}

/// The answer to a file request, complete but for `Date`, `Content-Length` and `Connection`.
package struct FileAnswer: Sendable {
  /// 200, 206, 301, 304, 404, 412, 416 or 503.
  package var status: Int
  package var fields: HTTPFields
  /// What to send; nil where there is nothing, and for HEAD.
  package var body: FileBody?
  /// What `Content-Length` says; nil for 304, which has none.
  package var length: Int?

  init(status: Int, fields: HTTPFields = [:], body: FileBody? = nil, length: Int? = 0) {
    self.status = status
    self.fields = fields
    self.body = body
    self.length = length
  }

  /// One answer for every refusal, so that nobody learns what is there.
  static let notFound = FileAnswer(status: 404)
}
