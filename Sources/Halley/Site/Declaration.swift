import HTTPTypes
import HalleyChannels
import HalleyServer

/// What one declaration and its modifiers say. Opaque: sites write ``Route``, ``Get``, ``Files`` and their kin.
public struct Declaration: Sendable {
  enum Kind: Sendable {
    case handler(HTTPRequest.Method, @Sendable (Request) async throws -> Response)
    case files(folder: String, cacheControl: String)
    case channel(ChannelEndpoint.Source, start: StartPosition)
    /// `Route("/echo")`: what it is follows from its `.websocket { … }`.
    case open
  }

  var kind: Kind
  var path: String
  var location: SourceLocation

  var transports: Transports = []
  var inbound: InboundMode = .ignore
  var post: InboundMode = .ignore
  var socket: SocketEndpoint.Handler?
  var subprotocols: [String] = []
  var cors: CORS?
  var jsonpParameter: String?
  var backpressure: Backpressure?
  /// What computed channels demand of their messages.
  var contract: ChannelContract?
  var presence: PresenceOptions?
  var offLoop = false

  /// Settings given in code, by key, each with the place that gave it.
  private(set) var values: [String: CodeValue] = [:]
  /// Modifiers seen so far, by name.
  private(set) var modifiers: [String: SourceLocation] = [:]
  /// What can be seen to be wrong without knowing the rest of the site.
  private(set) var mistakes: [Mistake] = []

  init(_ kind: Kind, path: String, at location: SourceLocation) {
    self.kind = kind
    self.path = path
    self.location = location
  }

  /// Notes a modifier; the same one twice is a mistake and the first one stands.
  mutating func modify(_ name: String, at location: SourceLocation, _ change: (inout Declaration) -> Void) {
    guard modifiers[name] == nil else {
      mistakes.append(Mistake(location, route: path, "'\(name)' is given twice; remove one of them"))
      return
    }
    modifiers[name] = location
    change(&self)
  }

  /// Gives a setting a value in code; nil leaves it to the configuration.
  mutating func set(_ key: String, _ value: SettingValue?, at location: SourceLocation) {
    guard let value else { return }
    if let earlier = values[key] {
      mistakes.append(
        Mistake(location, route: path, "'\(key)' is already given at line \(earlier.location.line); remove one of them")
      )
      return
    }
    values[key] = CodeValue(value: value, location: location)
  }
}

/// A setting that a site's code gives, and where.
struct CodeValue: Sendable, Equatable {
  var value: SettingValue
  var location: SourceLocation
}

/// A line of a site's source.
struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
  /// Folder and file, `Sites/Tracker.swift`.
  var file: String
  var line: Int

  /// - Parameter path: the whole path as the compiler gives it; what is kept is the part that a reader looks for.
  init(_ path: String, _ line: Int) {
    file = path.split(separator: "/").suffix(2).joined(separator: "/")
    self.line = line
  }

  var description: String { "\(file):\(line)" }
}
