/// A set of routes under one mount path; one struct a file, `Sites/Tracker.swift` declares `struct Tracker: Site`.
///
/// ```swift
/// struct Tracker: Site {
///   let positions = Channel("positions", history: .last(128))
///
///   var routes: Routes {
///     Files("tracker")
///     Route("/positions", positions).websocket(inbound: .publish).sse().longPoll()
///   }
/// }
/// ```
///
/// A site is made once, when the program starts, and its `routes` are read once. Mistakes stop the start with a
/// sentence that names file, route and mend.
public protocol Site: Sendable {
  /// Where the site is mounted; starts and ends with a slash. Default: the type's name in lower case, `/tracker/`.
  var mount: String { get }

  /// Host names that reach this site, without port. Default: none, which means every host the server accepts.
  var hosts: [String] { get }

  /// The declared routes, in any order.
  @RoutesBuilder var routes: Routes { get }

  /// What the site does by itself while the server runs, such as publishing each second. Default: nothing.
  ///
  /// Starts when all addresses accept, is cancelled when the server stops. Returning is fine; throwing is logged and
  /// leaves the server running.
  func run() async throws
}

extension Site {
  /// `/` + the type's name in lower case + `/`.
  public var mount: String { "/\(Self.name.lowercased())/" }

  /// Every host the server accepts.
  public var hosts: [String] { [] }

  /// Nothing to do by itself.
  public func run() async throws {}

  static var name: String { String(describing: Self.self) }
}
