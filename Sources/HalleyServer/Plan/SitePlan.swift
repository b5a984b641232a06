package import HTTPTypes
package import HalleyChannels

/// What one site declares, compiled from the DSL: checked, absolute and ready to be routed.
package struct SitePlan: Sendable {
  /// The type's name, `Tracker`.
  package var name: String
  /// The source file, for messages: `Sites/Tracker.swift`.
  package var file: String
  /// Where the site is mounted; starts and ends with a slash.
  package var mount: String
  /// Host names that reach this site; empty means all.
  package var hosts: [String]
  package var routes: [RoutePlan]

  package init(name: String, file: String, mount: String, hosts: [String] = [], routes: [RoutePlan]) {
    self.name = name
    self.file = file
    self.mount = mount
    self.hosts = hosts
    self.routes = routes
  }
}

/// One declared route.
package struct RoutePlan: Sendable {
  /// Below the mount, as declared: `/rooms/:room`, `/`, or `/` + `*` for files.
  package var path: String
  package var line: Int
  package var endpoint: Endpoint
  package var cors: CORSOptions?
  /// The query parameter that names the JSONP callback; nil when JSONP is not offered.
  package var jsonpParameter: String?
  /// The settings in force for this route.
  package var settings: SettingsSource

  package init(
    path: String, line: Int, endpoint: Endpoint, cors: CORSOptions? = nil, jsonpParameter: String? = nil,
    settings: SettingsSource = SettingsSource(Settings())
  ) {
    self.path = path
    self.line = line
    self.endpoint = endpoint
    self.cors = cors
    self.jsonpParameter = jsonpParameter
    self.settings = settings
  }
}

/// What answers a route.
package enum Endpoint: Sendable {
  /// A normal route: one method, one answer. `offLoop` runs the handler on the global pool.
  case handler(HTTPRequest.Method, offLoop: Bool, @Sendable (Request) async throws -> Response)
  /// A directory of static files; the path is the prefix.
  case files(FilesOptions)
  /// Channels over every transport offered.
  case channel(ChannelEndpoint)
  /// A WebSocket with a handler of the site's own.
  case socket(SocketEndpoint)
}

/// A directory served as static files.
package struct FilesOptions: Sendable, Hashable {
  /// Absolute path of the directory.
  package var directory: String
  /// The `Cache-Control` field of every answer.
  package var cacheControl: String

  package init(directory: String, cacheControl: String = "no-cache") {
    self.directory = directory
    self.cacheControl = cacheControl
  }
}

/// The transports a channel route can offer.
package struct Transports: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let webSocket = Transports(rawValue: 1)
  package static let eventStream = Transports(rawValue: 2)
  package static let longPoll = Transports(rawValue: 4)
  package static let stream = Transports(rawValue: 8)
  package static let iframe = Transports(rawValue: 16)
  package static let jsonp = Transports(rawValue: 32)
}

/// What becomes of data that a client sends.
package enum InboundMode: Sendable, Hashable {
  /// Not taken: 405 for a POST, discarded on a WebSocket.
  case ignore
  /// Published as what it is: text, binary, or by the content type of a POST.
  case publish
  /// Parsed as JSON first; anything else is refused.
  case publishJSON
}

/// A route that serves one channel or several.
package struct ChannelEndpoint: Sendable {
  /// Where the channels come from.
  package enum Source: Sendable {
    case fixed(ChannelSet)
    /// The name of the channel for this request; nil answers 404.
    case computed(history: History, @Sendable (Request) -> String?)
  }

  package var source: Source
  package var transports: Transports
  /// Inbound data of a WebSocket.
  package var webSocketInbound: InboundMode = .ignore
  /// Bodies of a POST.
  package var post: InboundMode = .ignore
  /// Where a subscriber without a cursor starts.
  package var start: StartPosition = .latest
  /// What computed channels demand of their messages; a declared one says so itself.
  package var contract: ChannelContract?
  /// As declared; `backpressure` says what holds for a transport.
  package var policy: BackpressurePolicy = .skipAndResume
  /// Who counts as a member; nil when nobody is counted.
  package var presence: PresenceOptions?

  package init(source: Source, transports: Transports) {
    self.source = source
    self.transports = transports
  }
}

/// What `.presence(…)` declares.
package struct PresenceOptions: Sendable {
  /// The user behind a request; nil for somebody who is not counted.
  package var identify: @Sendable (Request) -> String?

  package init(identify: @escaping @Sendable (Request) -> String?) { self.identify = identify }
}

/// A WebSocket route with a handler.
package struct SocketEndpoint: Sendable {
  package enum Handler: Sendable {
    /// `for try await message in socket`; returning closes with 1000, throwing with 1011.
    case async(offLoop: Bool, @concurrent @Sendable (WebSocket) async throws -> Void)
    /// Called on the loop for each message; must not block.
    case synchronous(@Sendable (WebSocketConnection, WebSocketMessage) -> Void)
  }

  package var handler: Handler
  /// Subprotocols in order of preference.
  package var subprotocols: [String]

  package init(handler: Handler, subprotocols: [String] = []) {
    self.handler = handler
    self.subprotocols = subprotocols
  }
}

/// What `.cors(…)` declares.
package struct CORSOptions: Sendable, Hashable {
  /// Exact origins, `https://*.example.com` for subdomains, `null` if written out.
  package var origins: [String]
  /// `*`: any origin, never with credentials.
  package var anyOrigin: Bool
  package var credentials: Bool
  /// Fields a page may read besides the safelisted ones.
  package var exposedFields: [String]
  package var privateNetwork: Bool

  package init(
    origins: [String] = [], anyOrigin: Bool = false, credentials: Bool = false, exposedFields: [String] = [],
    privateNetwork: Bool = false
  ) {
    self.origins = origins
    self.anyOrigin = anyOrigin
    self.credentials = credentials
    self.exposedFields = exposedFields
    self.privateNetwork = privateNetwork
  }
}
