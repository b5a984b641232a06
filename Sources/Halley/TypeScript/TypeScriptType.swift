/// A type that states its own TypeScript form, where none can be derived: enums with associated values, types that
/// accept several forms, keys that are data.
///
/// ```swift
/// enum Move: Codable, Sendable, TypeScriptType {
///   case to(x: Int, y: Int)
///   case stop
///
///   static var typeScript: String { #"{ "to": { "x": number; "y": number } } | { "stop": {} }"# }
///   static var typeScriptExample: Move { .stop }
/// }
/// ```
public protocol TypeScriptType: Decodable {
  /// The right side of `export type Move = …;`. Printed as it is.
  static var typeScript: String { get }
  /// Any value: types that hold this one are explored with it.
  static var typeScriptExample: Self { get }
}
