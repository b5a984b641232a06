import HalleyProtocols

/// The form of a value in JSON, as far as its Swift type tells.
indirect enum TypeShape: Hashable {
  case boolean, number, string
  /// Cannot be known; never guessed.
  case unknown
  /// What the encoder writes for a date, with the unit if it is a number.
  case date(String, unit: String?)
  /// TypeScript as it is to be printed: a union of literals.
  case text(String)
  /// A type that has a declaration of its own.
  case named(String)
  case array(TypeShape)
  case tuple([TypeShape])
  case dictionary(TypeShape)
  case nullable(TypeShape)
  case object([Field])

  /// A member of an object.
  struct Field: Hashable {
    var name: String
    var shape: TypeShape
    /// May be absent.
    var isOptional = false
  }

  /// The shape in TypeScript.
  func typeScript(indent: String = "") -> String {
    switch self {
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .unknown: "unknown"
    case .date(let type, _): type
    case .text(let text): text
    case .named(let name): name
    case .array(let element):
      element.isUnion ? "(\(element.typeScript(indent: indent)))[]" : "\(element.typeScript(indent: indent))[]"
    case .tuple(let elements): "[\(elements.map { $0.typeScript(indent: indent) }.joined(separator: ", "))]"
    case .dictionary(let value): "{ [key: string]: \(value.typeScript(indent: indent)) }"
    case .nullable(let value): "\(value.typeScript(indent: indent)) | null"
    case .object(let fields):
      fields.isEmpty
        ? "{}" : "{\n\(fields.map { $0.line(indent: indent + "  ") }.joined())\(indent)}"
    }
  }

  private var isUnion: Bool {
    switch self {
    case .nullable, .text: true
    default: false
    }
  }
}

extension TypeShape.Field {
  fileprivate func line(indent: String) -> String {
    let key = Self.isIdentifier(name) ? name : String(decoding: JSONString.encode(name), as: UTF8.self)
    let note = if case .date(_, let unit?) = shape { " // \(unit) since 1970" } else { "" }
    return "\(indent)\(key)\(isOptional ? "?" : ""): \(shape.typeScript(indent: indent));\(note)\n"
  }

  private static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
        true
      default: false
      }
    }
  }
}
