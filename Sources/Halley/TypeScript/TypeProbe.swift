import FoundationEssentials
import HalleyChannels

/// Explores types with made-up values: each decodes itself from a decoder that notes what it is asked for.
final class TypeProbe {
  private(set) var book: TypeBook
  let dates: DateForm
  /// Which made-up values are in use: a type may refuse the first ones.
  private(set) var attempt = 0
  private static let attempts = 2
  private var depth = 0
  /// How deep values may nest before a type counts as endless.
  private static let deepest = 64

  init(book: TypeBook, dates: DateForm) {
    self.book = book
    self.dates = dates
  }

  /// The shape of a type of which no value is needed; `unknown`, with a note, where it cannot be derived.
  func shape(of type: any Decodable.Type) -> TypeShape {
    if let name = book.name(of: type, dates) { return .named(name) }
    do {
      return try exploredShape(type)
    } catch {
      note(error, of: type)
      return book.name(of: type, dates).map(TypeShape.named) ?? .unknown
    }
  }

  private func exploredShape<Value: Decodable>(_ type: Value.Type) throws -> TypeShape { try explore(type).shape }

  /// A value of a type, and its shape.
  func explore<Value: Decodable>(_ type: Value.Type) throws -> Found<Value> {
    if let found = plain(type) as? Found<Value> { return found }
    if let container = type as? any ShapedContainer.Type, let found = container.empty(self) as? Found<Value> {
      return found
    }
    if let found = try stated(type) { return found }
    if let cases = type as? any (CaseIterable & Encodable).Type, let found = try literals(cases) as? Found<Value> {
      return found
    }
    guard depth < Self.deepest else { throw TypeBook.Underivable(type: "\(type)", reason: "holds values without end") }
    depth += 1
    defer { depth -= 1 }
    return try decoded(type)
  }

  // MARK: Kinds of types

  /// Types that the JSON encoder writes in a way of its own.
  private func plain(_ type: any Decodable.Type) -> Any? {
    let number = attempt
    let text = attempt == 0 ? "" : "a"
    switch type {
    case is Bool.Type: return Found(value: attempt > 0, shape: .boolean)
    case is String.Type: return Found(value: text, shape: .string)
    case let type as any (Numeric & Decodable).Type: return Self.number(type, number)
    case is Date.Type:
      let (word, unit): (String, String?) =
        switch dates {
        case .milliseconds: ("number", "milliseconds")
        case .seconds: ("number", "seconds")
        case .iso8601: ("string", nil)
        }
      return Found(value: Date(timeIntervalSince1970: Double(number)), shape: .date(word, unit: unit))
    case is Data.Type: return Found(value: Data(), shape: .string)
    case is UUID.Type: return Found(value: UUID(), shape: .string)
    case is URL.Type: return URL(string: "https://example.com/").map { Found(value: $0, shape: .string) }
    default: return nil
    }
  }

  private static func number<Value: Numeric & Decodable>(_: Value.Type, _ number: Int) -> Any? {
    Value(exactly: number).map { Found(value: $0, shape: .number) }
  }

  private func stated<Value: Decodable>(_ type: Value.Type) throws -> Found<Value>? {
    guard let stated = type as? any TypeScriptType.Type, let value = stated.typeScriptExample as? Value else {
      return nil
    }
    return Found(value: value, shape: try declared(type) { .text(stated.typeScript) })
  }

  /// A type with finitely many values: the union of what the encoder writes for each. JSON is TypeScript for its type.
  private func literals<Value: CaseIterable & Encodable>(_ type: Value.Type) throws -> Any? {
    guard let first = type.allCases.first else { return nil }
    let shape = try declared(type) {
      let encode = dates.encoder
      let texts = try type.allCases.map { String(decoding: try encode.encode($0), as: UTF8.self) }
      return .text(texts.joined(separator: " | "))
    }
    return Found(value: first, shape: shape)
  }

  private func decoded<Value: Decodable>(_ type: Value.Type) throws -> Found<Value> {
    var value: Value?
    let shape = try declared(type) {
      let (made, shape) = try attempts(type)
      value = made
      return shape
    }
    // Declared before, or in the middle of it: only a value is wanted.
    if value == nil { value = try attempts(type).value }
    guard let value else { throw TypeBook.Underivable(type: "\(type)", reason: "holds itself") }
    return Found(value: value, shape: shape)
  }

  private func attempts<Value: Decodable>(_ type: Value.Type) throws -> (value: Value, shape: TypeShape) {
    let before = attempt
    defer { attempt = before }
    var last: (any Error)?
    for number in 0..<Self.attempts {
      attempt = number
      let record = ShapeRecord()
      do {
        let value = try Value(from: ShapeDecoder(probe: self, record: record, codingPath: []))
        let shape = try record.shape(of: "\(type)")
        guard JSONForm.agrees(value, with: shape, dates) else {
          throw TypeBook.Underivable(type: "\(type)", reason: "is not written the way it is read")
        }
        return (value, shape)
      } catch let failure as TypeBook.Underivable {
        throw failure
      } catch {
        if record.readsKeys { throw TypeBook.Underivable(type: "\(type)", reason: "decides by its keys what it holds") }
        last = error
      }
    }
    throw last ?? TypeBook.Underivable(type: "\(type)", reason: "cannot be made up")
  }

  // MARK: Declarations

  /// Declares a type, once, with the shape that `find` finds.
  private func declared(_ type: any Any.Type, _ find: () throws -> TypeShape) throws -> TypeShape {
    if let name = book.name(of: type, dates) { return .named(name) }
    let (name, place) = book.open(type, dates)
    do {
      book.close(place, try find())
      return .named(name)
    } catch let failure as TypeBook.Underivable where failure.type != "\(type)" {
      book.note(failure)
      throw TypeBook.Underivable(type: "\(type)", reason: "holds \(failure.type)")
    }
  }

  private func note(_ error: any Error, of type: any Any.Type) {
    book.note(
      error as? TypeBook.Underivable
        ?? TypeBook.Underivable(type: "\(type)", reason: "does not decode from made-up values"))
  }
}

/// A value and its shape.
struct Found<Value> {
  var value: Value
  var shape: TypeShape
}

/// Containers whose elements are explored by themselves, so that an empty one is value enough.
protocol ShapedContainer {
  static func empty(_ probe: TypeProbe) -> Any
}

extension Array: ShapedContainer where Element: Decodable {
  static func empty(_ probe: TypeProbe) -> Any {
    Found<[Element]>(value: [], shape: .array(probe.shape(of: Element.self)))
  }
}

extension Set: ShapedContainer where Element: Decodable {
  static func empty(_ probe: TypeProbe) -> Any {
    Found<Set<Element>>(value: [], shape: .array(probe.shape(of: Element.self)))
  }
}

extension Optional: ShapedContainer where Wrapped: Decodable {
  static func empty(_ probe: TypeProbe) -> Any {
    Found<Wrapped?>(value: nil, shape: .nullable(probe.shape(of: Wrapped.self)))
  }
}

extension Dictionary: ShapedContainer where Key: Decodable, Value: Decodable {
  static func empty(_ probe: TypeProbe) -> Any {
    let value = probe.shape(of: Value.self)
    // Other keys are written as an array of keys and values in turn.
    let isObject = Key.self == String.self || Key.self == Int.self || Key.self is any CodingKeyRepresentable.Type
    let shape: TypeShape = isObject ? .dictionary(value) : .array(.unknown)
    return Found<[Key: Value]>(value: [:], shape: shape)
  }
}
