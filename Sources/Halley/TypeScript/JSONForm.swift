import FoundationEssentials
import HalleyChannels

/// Any JSON value, to see whether what a type writes is what it reads.
enum JSONForm: Decodable {
  case null, boolean, number, string
  case array([JSONForm])
  case object([String: JSONForm])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if (try? container.decode(Bool.self)) != nil {
      self = .boolean
    } else if (try? container.decode(Double.self)) != nil {
      self = .number
    } else if (try? container.decode(String.self)) != nil {
      self = .string
    } else if let elements = try? container.decode([JSONForm].self) {
      self = .array(elements)
    } else {
      self = .object(try container.decode([String: JSONForm].self))
    }
  }

  /// Whether the encoder writes a value in the shape that its decoding has shown. What cannot be encoded agrees.
  static func agrees(_ value: some Decodable, with shape: TypeShape, _ dates: DateForm) -> Bool {
    guard let value = value as? any Encodable else { return true }
    // In a list, because some decoders want a container at the top.
    guard let data = try? dates.encoder.encode(Wrapped(value: value)),
      let form = try? JSONDecoder().decode([JSONForm].self, from: data).first
    else { return false }
    return form.fits(shape)
  }

  private struct Wrapped: Encodable {
    let value: any Encodable
    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try container.encode(value)
    }
  }

  private func fits(_ shape: TypeShape) -> Bool {
    switch (self, shape) {
    case (_, .unknown), (_, .text), (_, .named), (_, .date), (.null, .nullable): true
    case (_, .nullable(let inner)): fits(inner)
    case (.boolean, .boolean), (.number, .number), (.string, .string): true
    case (.array(let elements), .array(let shape)): elements.allSatisfy { $0.fits(shape) }
    case (.array(let elements), .tuple(let shapes)):
      elements.count == shapes.count && zip(elements, shapes).allSatisfy { $0.fits($1) }
    case (.object(let members), .dictionary(let shape)): members.values.allSatisfy { $0.fits(shape) }
    case (.object(let members), .object(let fields)):
      fields.allSatisfy { field in members[field.name]?.fits(field.shape) ?? field.isOptional }
        && members.keys.allSatisfy { name in fields.contains { $0.name == name } }
    default: false
    }
  }
}
