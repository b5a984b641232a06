/// Conditional requests (RFC 9110 §13): whether the representation is sent at all.
public enum Preconditions {
  /// What the conditions come to.
  public enum Outcome: Sendable, Hashable {
    /// Go on, as if there were no conditions.
    case passed
    /// 304 with `ETag`, `Cache-Control`, `Vary` and `Date`, and no body.
    case notModified
    /// 412.
    case failed
  }

  /// Evaluates the fields in the order of RFC 9110 §13.2.2; `If-Range` belongs to ``RangeSelection``.
  ///
  /// Dates that cannot be read are ignored. A tag list that cannot be read lists no tag.
  ///
  /// - Parameters:
  ///   - method: for GET and HEAD the client's copy may be enough, for others a condition only fails.
  ///   - tag: the tag of the representation there is, if it has one.
  ///   - lastModified: when it last changed, in seconds since 1970, if that is known.
  ///   - field: the value of a field by its lower-case name, several lines joined with a comma; nil if absent.
  public static func evaluate(
    method: HTTPMethod, tag: EntityTag?, lastModified: Int64?, field: (String) -> String?
  ) -> Outcome {
    let isRead = method == .get || method == .head
    if let value = field("if-match") {
      guard lists(value, { tag?.matchesStrongly($0) ?? false }) else { return .failed }
    } else if let lastModified, let date = field("if-unmodified-since").flatMap(HTTPDate.parse), lastModified > date {
      return .failed
    }
    if let value = field("if-none-match") {
      if lists(value, { tag?.matchesWeakly($0) ?? false }) { return isRead ? .notModified : .failed }
    } else if isRead, let lastModified, let date = field("if-modified-since").flatMap(HTTPDate.parse),
      lastModified <= date
    {
      return .notModified
    }
    return .passed
  }

  private static func lists(_ value: String, _ matches: (EntityTag) -> Bool) -> Bool {
    switch EntityTag.List(value) {
    case .any: true
    case .tags(let tags): tags.contains(where: matches)
    }
  }
}
