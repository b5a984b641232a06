import FoundationEssentials
import HalleyChannels

/// The TypeScript declarations of all types that channels carry, found by letting each type decode itself from made-up
/// values and watching what it asks for.
///
/// Used while a program is planned: a type whose decoding traps on made-up values does so before anything listens, never
/// because of what a client does.
struct TypeBook {
  /// Why no shape can be derived; what follows the type's name in a sentence.
  struct Underivable: Error {
    var type: String
    var reason: String
  }

  private struct Known: Hashable {
    var type: ObjectIdentifier
    var dates: DateForm
  }

  private struct Declaration {
    var name: String
    var shape: TypeShape
  }

  private var names: [Known: String] = [:]
  private var taken = reserved
  private var declarations: [Declaration] = []
  /// What could not be derived, a sentence each.
  private(set) var notes: [String] = []

  /// The text of all declarations, in the order in which they were met.
  var typeScript: String {
    declarations.map { declaration in
      if case .object = declaration.shape {
        "export interface \(declaration.name) \(declaration.shape.typeScript())\n"
      } else {
        "export type \(declaration.name) = \(declaration.shape.typeScript());\n"
      }
    }.joined(separator: "\n")
  }

  /// The shape of a type; `unknown`, with a note, where it cannot be derived.
  mutating func shape(of type: any Decodable.Type, dates: DateForm) -> TypeShape {
    let probe = TypeProbe(book: self, dates: dates)
    let shape = probe.shape(of: type)
    self = probe.book
    return shape
  }

  // MARK: For the probe

  /// The name of a type that is declared already, or whose declaration is being found.
  func name(of type: any Any.Type, _ dates: DateForm) -> String? {
    names[Known(type: ObjectIdentifier(type), dates: dates)]
  }

  /// Gives a type a name and a place; its shape follows.
  mutating func open(_ type: any Any.Type, _ dates: DateForm) -> (name: String, place: Int) {
    let name = freeName(for: type)
    names[Known(type: ObjectIdentifier(type), dates: dates)] = name
    declarations.append(Declaration(name: name, shape: .unknown))
    return (name, declarations.count - 1)
  }

  mutating func close(_ place: Int, _ shape: TypeShape) { declarations[place].shape = shape }

  mutating func note(_ failure: Underivable) {
    let sentence =
      "\(failure.type) \(failure.reason): its TypeScript is 'unknown'; conform it to TypeScriptType to state it"
    if !notes.contains(sentence) { notes.append(sentence) }
  }

  // MARK: Names

  /// Words that cannot name a type, and names of our own.
  private static let reserved: Set<String> = [
    "any", "bigint", "boolean", "never", "null", "number", "object", "string", "symbol", "undefined", "unknown", "void",
    "Feeds", "PresenceChange",
  ]

  /// The type's own name; its full one if that is taken.
  private mutating func freeName(for type: any Any.Type) -> String {
    let short = Self.identifier(String(describing: type))
    let full = Self.identifier(String(reflecting: type).split(separator: ".").dropFirst().joined(separator: "_"))
    var candidates = [short, full].filter { !$0.isEmpty }
    for number in 2...max(2, taken.count + 2) { candidates.append("\(short)_\(number)") }
    let name = candidates.first { !taken.contains($0) } ?? short
    taken.insert(name)
    return name
  }

  private static func identifier(_ text: String) -> String {
    var out = ""
    for character in text {
      if let byte = character.asciiValue, character.isLetter || character.isNumber {
        if out.isEmpty, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { out = "_" }
        out.append(character)
      } else if !out.isEmpty, out.last != "_" {
        out.append("_")
      }
    }
    while out.last == "_" { out.removeLast() }
    return out
  }
}
