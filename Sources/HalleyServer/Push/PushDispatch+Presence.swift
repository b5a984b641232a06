import HalleyChannels

extension PushDispatch {
  /// Longest user id in bytes.
  private static var maxUser: Int { 128 }
  /// When a client may come back that found a channel full, milliseconds.
  private static var fullRetry: Int { 30_000 }

  /// What became of a request to be counted.
  struct Arrival {
    /// nil when the route does not count, or does not know the user.
    var ticket: PresenceTicket?
  }

  /// Counts the client as a member; answers and returns nil when that is refused.
  ///
  /// - Parameters:
  ///   - isPoll: between two of its polls a client has no connection, so it stays for longer.
  ///   - stream: how a stream says that there is no room.
  func arrive(in set: ChannelSet, isPoll: Bool, stream: StreamOpening? = nil) -> Arrival? {
    guard let presence = endpoint.presence, let user = presence.identify(request), !user.isEmpty else {
      return Arrival()
    }
    guard user.utf8.count <= Self.maxUser else {
      refuse(400, "user")
      return nil
    }
    let settings = route.plan.settings.current
    let grace = settings.presenceGrace > 0 ? settings.presenceGrace : settings.pollHold + 10_000
    let ticket = PresenceTicket(
      server.presence, set.channels[0], user, stay: isPoll ? grace : settings.presenceLinger,
      limit: server.presence.hasRoom ? settings.presenceMembers : 0)
    if let ticket { return Arrival(ticket: ticket) }
    sendAway(stream, "presence_full", retry: Self.fullRetry)
    return nil
  }

  /// `?presence`: the list of members instead of messages.
  func members() {
    guard let set = channels() else { return }
    Answer.json(exchange, 200, set.channels[0].presenceList, fields)
  }
}
