/// What a payload is, fixed at publish; it decides how each transport writes it.
public enum MessageKind: Sendable, Hashable {
  /// A JSON value, validated and without insignificant whitespace.
  case json
  /// Text in valid UTF-8.
  case text
  /// Any bytes; base64 on transports that carry text only.
  case binary
}
