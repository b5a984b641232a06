import FoundationEssentials
import HalleyChannels
import Testing

@testable import Halley

private enum Kind: String, Codable, CaseIterable { case said, joined = "came in" }
private enum Level: Int, Codable, CaseIterable { case low, high = 7 }
private enum Open: String, Codable { case one, two }
private enum Move: Codable { case to(x: Int, y: Int), stop }
private enum StatedMove: Codable, TypeScriptType {
  case to(x: Int), stop
  static var typeScript: String { #"{ "to": { "x": number } } | { "stop": {} }"# }
  static var typeScriptExample: StatedMove { .stop }
}
private struct UserID: Codable, RawRepresentable { var rawValue: String }
private struct Picky: Codable {
  var name: String
  init(from decoder: any Decoder) throws {
    name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
    if name.isEmpty { throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no name")) }
  }
}
private struct Node: Codable {
  var children: [Node]
  var next: Box?
  final class Box: Codable, Sendable { let node: Node? }
}
private struct Lopsided: Codable {
  var a = 1
  enum CodingKeys: String, CodingKey { case a, b }
  init(from decoder: any Decoder) throws {
    a = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .a)
  }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("\(a)", forKey: .b)
  }
}
private struct Everything: Codable {
  var kind: Kind
  var level: Level
  var user: UserID
  var text: String?
  var numbers: [Double]
  var moves: [StatedMove]?
  var grid: [[Int?]]
  var byName: [String: Picky]
  var byPair: [Double: Int]
  var at: Date
  var data: Data
  var link: URL?
  var unique: Set<UUID>
  var odd: Move?
  var open: Open?
  var tree: Node
  var pair: Range<Int>
  var `class`: Bool
  var quoted: Int
  enum CodingKeys: String, CodingKey {
    case kind, level, user, text, numbers, moves, grid, byName, byPair, at, data, link, unique, odd, open, tree, pair,
      `class`
    case quoted = "with \"quotes\"\u{2028}"
  }
}

@Suite("TypeScript declarations")
struct TypeScriptTests {
  private func text(_ sites: Sample) throws -> FeedDeclarations { try plan([sites]).feeds }

  @Test("Every kind of member, as the encoder writes it")
  func golden() throws {
    let site = Sample { Route("/all", Channel("all", of: Everything.self)).sse() }
    let feeds = try text(site)
    let expected = #"""
      export interface Everything {
        kind: Kind;
        level: Level;
        user: UserID;
        text?: string;
        numbers: number[];
        moves?: StatedMove[];
        grid: (number | null)[][];
        byName: { [key: string]: Picky };
        byPair: unknown[];
        at: number; // milliseconds since 1970
        data: string;
        link?: string;
        unique: string[];
        odd?: Move;
        open?: Open;
        tree: Node;
        pair: Range_Int;
        class: boolean;
        "with \"quotes\"\u2028": number;
      }

      export type Kind = "said" | "came in";

      export type Level = 0 | 7;

      export type UserID = string;

      export type StatedMove = { "to": { "x": number } } | { "stop": {} };

      export interface Picky {
        name: string;
      }

      export type Move = unknown;

      export type Open = unknown;

      export interface Node {
        children: Node[];
        next?: Box;
      }

      export interface Box {
        node?: Node;
      }

      export type Range_Int = [number, number];

      /** The type of a route's messages, by its path. */
      export interface Feeds {
        "/sample/all": Everything;
      }

      """#
    #expect(feeds.text.hasSuffix(expected), "\(feeds.text)")
    #expect(
      feeds.notes == [
        "Move decides by its keys what it holds: its TypeScript is 'unknown'; conform it to TypeScriptType to state it",
        "Open does not decode from made-up values: its TypeScript is 'unknown'; conform it to TypeScriptType to state it",
      ])
    for note in feeds.notes { #expect(feeds.text.contains("// \(note).\n")) }
  }

  @Test("A type that holds what cannot be made up, or is written another way than it is read, is unknown too")
  func unknown() throws {
    struct Holder: Codable { var move: Move }
    let site = Sample {
      Route("/holder", Channel("holder", of: Holder.self)).sse()
      Route("/lopsided", Channel("lopsided", of: Lopsided.self)).sse()
    }
    let feeds = try text(site)
    #expect(feeds.text.contains("export type Holder = unknown;"))
    #expect(feeds.text.contains("export type Lopsided = unknown;"))
    #expect(feeds.notes.contains { $0.hasPrefix("Holder holds Move: ") })
    #expect(feeds.notes.contains { $0.hasPrefix("Lopsided is not written the way it is read: ") })
  }

  @Test("Dates follow their channel; computed channels, plain values and untyped routes")
  func feeds() throws {
    struct Tick: Codable { var at: Date }
    let plain = Channel("plain")
    let site = Sample {
      Route("/a", Channel("a", of: Tick.self)).sse()
      Route("/b", Channel("b", of: Tick.self, dates: .iso8601)).sse()
      Route("/c", Channel("c", of: [Int].self)).sse()
      Route("/rooms/:room", of: Tick.self, dates: .seconds, channel: { $0["room"] }).sse()
      Route("/plain", plain).sse()
    }
    let feeds = try text(site).text
    #expect(feeds.contains("export interface Tick {\n  at: number; // milliseconds since 1970\n}"))
    #expect(feeds.contains("  at: string;\n}"))
    #expect(feeds.contains("  at: number; // seconds since 1970\n}"))
    #expect(feeds.contains("  \"/sample/a\": Tick;\n"))
    #expect(feeds.contains("  \"/sample/c\": number[];\n"))
    #expect(feeds.contains("  \"/sample/rooms/:room\": "))
    #expect(!feeds.contains("plain"))
    #expect(!feeds.contains("PresenceChange"))
    let counting = Sample { Route("/a", Channel("a", of: Tick.self)).sse().presence() }
    #expect(try text(counting).text.contains("}\n\n/** What the events `presence.join` and"))
  }

  @Test("Without typed channels there is an empty map")
  func empty() throws {
    #expect(try plan([]).feeds.text.hasSuffix("export interface Feeds {\n}\n"))
  }
}
