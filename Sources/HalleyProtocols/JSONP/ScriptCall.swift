/// Whom the scripts of a forever-iframe call: a function of the page around it, or the page itself by a message to
/// exactly one origin (delivery contract §7.5).
public enum ScriptCall: Sendable, Hashable {
  /// `parent.process(…)`, for a page of the same origin.
  case callback(JSONPCallback)
  /// `parent.postMessage(…,"https://page.example")`, for a page of that origin and no other.
  case message(Origin)

  /// One script element and a line feed around a frame.
  ///
  /// - Parameter frame: JSON text that has been through ``JSONString/scriptSafe(_:)``.
  public func script(around frame: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(frame.count + 128)
    out += Array("<script>".utf8)
    switch self {
    case .callback(let callback):
      out += callback.name
      out.append(UInt8(ascii: "("))
      out += frame
    case .message(let origin):
      out += Array("parent.postMessage(".utf8)
      out += frame
      // An origin is made of letters, digits, dots, hyphens, colons and brackets: nothing in it ends the string.
      out += Array(",\"\(origin)\"".utf8)
    }
    out += Array(");</script>\n".utf8)
    return out
  }

  /// The field that lets only the page in question show the frame.
  public var framePolicy: (name: String, value: String) {
    switch self {
    case .callback: ("Content-Security-Policy", "frame-ancestors 'self'")
    case .message(let origin): ("Content-Security-Policy", "frame-ancestors \(origin)")
    }
  }

  /// The document's head: one line of 1024 bytes and a line feed, because browsers look at as much before they begin to
  /// show a page.
  public static let pageHead: [UInt8] = {
    let head = Array(#"<!doctype html><meta charset="utf-8"><title>stream</title>"#.utf8)
    return head + [UInt8](repeating: 0x20, count: 1024 - head.count) + [0x0A]
  }()
}
