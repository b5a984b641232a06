public import FoundationEssentials
public import HTTPTypes
public import HalleyServer

extension Request {
  /// Decodes the body as JSON, whatever its content type says.
  ///
  /// - Parameters:
  ///   - type: what to decode.
  ///   - decoder: how dates, data and keys are read.
  /// - Throws: `DecodingError`; a handler that lets it pass answers 500, so catch it to answer 400.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, decoder: JSONDecoder = JSONDecoder()
  ) throws -> Value {
    try decoder.decode(type, from: Data(body))
  }
}

extension Response {
  /// A value as JSON.
  ///
  /// - Parameters:
  ///   - value: what to encode.
  ///   - status: 200 unless said otherwise.
  ///   - encoder: how dates, data and keys are written.
  /// - Throws: `EncodingError`; a handler that lets it pass answers 500.
  public static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, encoder: JSONEncoder = JSONEncoder()
  ) throws -> Response {
    .json(bytes: Array(try encoder.encode(value)), status: status)
  }
}
