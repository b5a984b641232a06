import HalleyChannels
import HalleyServer

extension Declaration {
  /// Everything that is wrong with this declaration by itself.
  var ownMistakes: [Mistake] {
    var found = mistakes
    func report(_ modifier: String? = nil, _ sentence: String) {
      let place = modifier.flatMap { modifiers[$0] } ?? location
      found.append(Mistake(place, route: path, sentence))
    }
    if let sentence = RoutePattern.mistake(in: path) { report(nil, sentence) }
    switch kind {
    case .handler: break
    case .files:
      if path.contains(":") { report(nil, "files cannot have parameters in their path; write a plain path") }
      if !path.hasSuffix("/") { report(nil, "the path of files must end with a slash; write \"\(path)/\"") }
    case .channel:
      if socket != nil {
        report(".websocket", "a route with a channel takes no handler; remove the channel or the handler")
      }
      if offLoop { report(".offLoop", "'.offLoop' has no handler to run; remove it") }
      if transports.isEmpty, post == .ignore, socket == nil {
        report(nil, "offers no transport; add .websocket(), .sse(), .longPoll() or .stream()")
      }
      setMistakes.forEach { report(nil, $0) }
    case .open: openMistakes.forEach { report($0.modifier, $0.sentence) }
    }
    if presence != nil, !hasOneChannel {
      report(".presence", "members belong to one channel; remove '.presence' or give the route a single channel")
    }
    if let cors { mistakes(of: cors).forEach { report(".cors", $0) } }
    if let jsonpParameter { mistakes(ofCallback: jsonpParameter).forEach { report(".jsonp", $0) } }
    return found
  }

  /// What is wrong with the channels as a set; channels of one name that are not the same are a mistake of the site.
  private var setMistakes: [String] {
    guard case .channel(.fixed(let set), _) = kind else { return [] }
    var found: [String] = []
    if set.channels.count > ChannelSet.maxChannels {
      found.append("has \(set.channels.count) channels; a subscription holds at most \(ChannelSet.maxChannels)")
    }
    for (index, channel) in set.channels.enumerated() where set.channels[..<index].contains(where: { $0 === channel }) {
      found.append("names channel '\(channel.name)' twice; remove one of them")
    }
    return found
  }

  private var hasOneChannel: Bool {
    switch kind {
    case .channel(.fixed(let set), _): set.isSingle
    case .channel(.computed, _): true
    case .handler, .files, .open: false
    }
  }

  private var openMistakes: [(modifier: String?, sentence: String)] {
    guard socket != nil else {
      return [(nil, "has neither channel nor handler; write Route(\"\(path)\", channel) or .websocket { socket in … }")]
    }
    guard transports.isEmpty, post == .ignore else {
      return [(nil, "serves a handler over WebSocket only; remove the other transports or give it a channel")]
    }
    if offLoop, case .synchronous = socket {
      return [(".offLoop", "a callback for each message runs on the loop; remove .offLoop() or write a handler")]
    }
    return []
  }

  private func mistakes(of cors: CORS) -> [String] {
    var found: [String] = []
    if cors.options.anyOrigin, cors.options.credentials {
      found.append("credentials never go with any origin; list the origins that need them")
    }
    if cors.options.credentials, jsonpParameter != nil {
      found.append("JSONP answers every site on the web, so it cannot go with credentials; remove .jsonp()")
    }
    found += cors.options.origins.compactMap(OriginPattern.mistake)
    return found
  }

  private func mistakes(ofCallback name: String) -> [String] {
    guard RoutePattern.isName(name) else {
      return ["'\(name)' cannot name a query parameter; use letters, digits and underscores"]
    }
    let taken = ["cursor", "hold", "transport", "format", "origin", "prelude", "event", "key", "channel", "presence"]
    return taken.contains(name) ? ["'\(name)' means something else in the query; choose another name"] : []
  }
}
