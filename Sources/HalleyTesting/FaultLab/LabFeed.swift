import HalleyChannels

/// The channels on one event loop of the simulated server, while somebody uses them there.
final class LabFeed {
  let set: ChannelSet
  let inboxes: [MessageInbox]
  let woken: Wakening
  /// Subscribers, live and lagging.
  var live: [LabConnection] = []
  var held: [LabConnection] = []
  /// Everything up to here has been spread.
  var position: Position
  /// Tells deadlines that are out of date.
  var idles = 0

  init(_ set: ChannelSet) {
    self.set = set
    let woken = Wakening()
    self.woken = woken
    inboxes = set.channels.map { _ in MessageInbox { woken.wake() } }
    position = set.top
  }

  var isUnused: Bool { live.isEmpty && held.isEmpty }

  /// Lets go of the logs.
  func detach() { for (channel, inbox) in zip(set.channels, inboxes) { channel.log.detach(inbox) } }
}
