import HTTPTypes
import HalleyChannels
import HalleyServer

/// Declarations that would answer the same requests.
enum SiteClashes {
  /// Sites with one name, or one mount on one host; and mounts that cannot be.
  static func mistakes(among sites: [any Site]) -> [Mistake] {
    var mistakes: [Mistake] = []
    for (index, site) in sites.enumerated() {
      let name = type(of: site).name
      if let sentence = RoutePattern.mistake(inMount: site.mount) {
        mistakes.append(Mistake(name, "mount \(sentence)"))
      }
      for other in sites[..<index] {
        let otherName = type(of: other).name
        if otherName == name {
          mistakes.append(Mistake(name, "two sites have this name; rename one of them"))
        } else if other.mount == site.mount, shareHost(site.hosts, other.hosts) {
          mistakes.append(
            Mistake(
              name, "is mounted at \(site.mount) like \(otherName); give one of them another mount or its own hosts"))
        }
      }
    }
    return mistakes
  }

  private static func shareHost(_ left: [String], _ right: [String]) -> Bool {
    left.isEmpty || right.isEmpty || !Set(left.map { $0.lowercased() }).isDisjoint(with: right.map { $0.lowercased() })
  }

  /// Routes of one site with the same shape and a method in common.
  static func mistakes(among declarations: [Declaration]) -> [Mistake] {
    var mistakes: [Mistake] = []
    var taken: [String: Declaration] = [:]
    for declaration in declarations {
      let shape = RoutePattern.shape(of: declaration.path)
      for method in declaration.methods {
        guard let earlier = taken.updateValue(declaration, forKey: "\(method) \(shape)") else { continue }
        mistakes.append(
          Mistake(
            declaration.location, route: declaration.path,
            "is declared like route \(earlier.path) at line \(earlier.location.line) (\(method)); remove one or change its path"
          ))
        break
      }
    }
    return mistakes
  }
}

extension SiteClashes {
  /// Channels whose name breaks the rule, and different channels of one name.
  static func channelMistakes(among declarations: [Declaration]) -> [Mistake] {
    var mistakes: [Mistake] = []
    var named: [String: (channel: Channel, location: SourceLocation)] = [:]
    for declaration in declarations {
      guard case .channel(.fixed(let set), _) = declaration.kind else { continue }
      func report(_ sentence: String) {
        mistakes.append(Mistake(declaration.location, route: declaration.path, sentence))
      }
      for channel in set.channels {
        if let problem = channel.nameProblem { report("the channel's name '\(channel.name)' \(problem)") }
        if let earlier = named[channel.name], earlier.channel !== channel {
          report(
            "another channel named '\(channel.name)' is served at \(earlier.location); share it or rename one of them")
        }
        named[channel.name] = (channel, declaration.location)
      }
    }
    return mistakes
  }
}

extension Declaration {
  /// What the route answers; a WebSocket's handshake is told apart from any other GET.
  var methods: [String] {
    switch kind {
    case .handler(let method, _): [method.rawValue]
    case .files: ["files"]
    case .channel:
      (transports.isSubset(of: .webSocket) ? [] : ["GET"]) + (post == .ignore ? [] : ["POST"])
        + (transports.contains(.webSocket) ? ["WebSocket"] : [])
    case .open: ["WebSocket"]
    }
  }
}
