public import HTTPTypes

/// The answer of a handler.
public struct Response: Sendable {
  /// The status; its reason phrase comes from a constant table.
  public var status: HTTPResponse.Status
  /// Fields besides `Date`, `Content-Length` and `Connection`, which the server writes.
  public var headerFields: HTTPFields
  /// What follows the field section.
  public var body: Body

  /// The body of an answer.
  public struct Body: Sendable {
    package enum Storage: Sendable {
      case none
      case bytes([UInt8])
      case stream(length: Int?, @Sendable (BodyWriter) async throws -> Void)
    }
    package var storage: Storage

    /// No body.
    public static var none: Body { Body(storage: .none) }
    /// Bytes that are there already.
    public static func bytes(_ bytes: [UInt8]) -> Body { Body(storage: .bytes(bytes)) }
    /// A body written piece by piece; each `write` waits until the piece before it has left.
    ///
    /// - Parameters:
    ///   - length: the exact length if it is known, else the body is chunked.
    ///   - produce: writes the body; throwing cuts the connection, so that a peer never takes half for whole.
    public static func stream(
      length: Int? = nil, _ produce: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> Body {
      Body(storage: .stream(length: length, produce))
    }
  }

  /// An answer of status, fields and body.
  public init(status: HTTPResponse.Status = .ok, headerFields: HTTPFields = [:], body: Body = .none) {
    self.status = status
    self.headerFields = headerFields
    self.body = body
  }

  /// Plain text in UTF-8.
  public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    bytes(Array(text.utf8), type: "text/plain; charset=utf-8", status: status)
  }

  /// HTML in UTF-8.
  public static func html(_ html: String, status: HTTPResponse.Status = .ok) -> Response {
    bytes(Array(html.utf8), type: "text/html; charset=utf-8", status: status)
  }

  /// JSON that is already encoded.
  public static func json(bytes json: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    bytes(json, type: "application/json; charset=utf-8", status: status)
  }

  /// Bytes with a content type.
  public static func bytes(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headerFields: [.contentType: type], body: .bytes(bytes))
  }

  /// A redirect: 303 by default, so that a browser follows with GET.
  public static func redirect(to location: String, status: HTTPResponse.Status = .seeOther) -> Response {
    Response(status: status, headerFields: [.location: location])
  }
}

/// Writes a streamed body, one piece at a time.
public struct BodyWriter: Sendable {
  private let send: @Sendable ([UInt8]) async throws -> Void

  package init(_ send: @escaping @Sendable ([UInt8]) async throws -> Void) { self.send = send }

  /// Sends a piece and returns when it has left this process's buffers, so memory stays bounded by one piece.
  ///
  /// - Throws: `CancellationError` when the peer is gone.
  public func write(_ bytes: [UInt8]) async throws { try await send(bytes) }
}
