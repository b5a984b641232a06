/// What a client says under `halley.v1`, one JSON object a message (delivery contract §6). Unknown members are ignored.
public enum ClientFrame: Sendable, Hashable {
  /// The greeting; the cursor as it was sent, nil without one.
  case hello(cursor: [UInt8]?)
  /// A message for the channel.
  case publish(Publish)
  /// A token that renews a lease; its text is not kept.
  case token
  /// A type that this version does not know.
  case unknown

  /// A message that a client publishes.
  public struct Publish: Sendable, Hashable {
    /// Chosen by the client, echoed in the answer; at most 64 bytes.
    public var ref: [UInt8]?
    /// One JSON value, minified.
    public var data: [UInt8]
    /// The event's name.
    public var event: String?
    /// The key for conflation.
    public var key: String?
    /// Which channel of several.
    public var channel: String?
    /// Repeating it publishes once.
    public var idempotencyKey: String?
    /// `data` is a base64 string that stands for bytes.
    public var isBase64: Bool
  }

  /// Reads a frame.
  ///
  /// - Returns: nil when the bytes are no JSON object, or a member that matters is not of its kind.
  public init?(_ frame: [UInt8]) {
    guard let minified = JSONText.minify(frame), let members = JSONText.members(minified) else { return nil }
    func raw(_ name: String) -> ArraySlice<UInt8>? {
      members.last { $0.name.elementsEqual(name.utf8) }?.value
    }
    var isSound = true
    func literal(_ name: String) -> [UInt8]? {
      guard let value = raw(name) else { return nil }
      guard let found = JSONText.string(value) else {
        isSound = false
        return nil
      }
      return found
    }
    func text(_ name: String) -> String? { literal(name).map { word in String(decoding: word, as: UTF8.self) } }

    switch text("type") {
    case "hello": self = .hello(cursor: literal("cursor"))
    case "publish":
      guard let data = raw("data") else { return nil }
      let ref = literal("ref")
      guard (ref?.count ?? 0) <= 64 else { return nil }
      self = .publish(
        Publish(
          ref: ref, data: Array(data), event: text("event"), key: text("key"), channel: text("channel"),
          idempotencyKey: text("idempotencyKey"), isBase64: text("encoding") == "base64"))
    case "token": self = .token
    case .some: self = .unknown
    case nil: return nil
    }
    if !isSound { return nil }
  }
}
