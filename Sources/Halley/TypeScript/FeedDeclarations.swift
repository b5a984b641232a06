import HalleyChannels
import HalleyServer

/// What a page needs to know about the channels of a program, as a TypeScript declaration file.
struct FeedDeclarations: Sendable {
  /// The file.
  let text: String
  /// What could not be derived, a sentence each.
  let notes: [String]

  init(_ sites: [SitePlan]) {
    var book = TypeBook()
    var feeds: [(path: String, types: [String])] = []
    var countsMembers = false
    for site in sites {
      for route in site.routes {
        guard case .channel(let endpoint) = route.endpoint else { continue }
        let contracts = endpoint.contracts
        guard contracts.contains(where: { $0 != nil }) else { continue }
        if endpoint.presence != nil { countsMembers = true }
        let path = String(site.mount.dropLast()) + route.path
        // A route with an untyped channel among others can bring anything.
        let types = contracts.map { contract in
          contract.map { book.shape(of: $0.type, dates: $0.dates).typeScript() } ?? "unknown"
        }
        if let index = feeds.firstIndex(where: { $0.path == path }) {
          feeds[index].types += types
        } else {
          feeds.append((path, types))
        }
      }
    }
    let rows = feeds.map { feed in
      var types: [String] = []
      for type in feed.types where !types.contains(type) { types.append(type) }
      return "  \"\(feed.path)\": \(types.joined(separator: " | "));\n"
    }
    let types = book.typeScript + (countsMembers ? Self.presence : "")
    text = """
      // What the channels of this server carry, from their Swift types. Printed by `halley types`, served at
      // /_halley/channels.d.ts.
      \(book.notes.map { "// \($0).\n" }.joined())
      \(types.isEmpty ? "" : types + "\n")/** The type of a route's messages, by its path. */
      export interface Feeds {
      \(rows.joined())}

      """
    notes = book.notes
  }
}

extension FeedDeclarations {
  private static var presence: String {
    """

    /** What the events `presence.join` and `presence.leave` carry, on routes that count members. */
    export interface PresenceChange {
      user: string;
      members: number;
    }

    """
  }
}

extension ChannelEndpoint {
  /// What each of the route's channels demands; nil for one that takes anything.
  fileprivate var contracts: [ChannelContract?] {
    switch source {
    case .fixed(let set): set.channels.map(\.contract)
    case .computed: [contract]
    }
  }
}
