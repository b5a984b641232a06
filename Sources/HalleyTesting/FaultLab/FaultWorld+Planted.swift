import HalleyChannels

/// Where the server of the lab errs on purpose.
extension FaultWorld {
  func planted(_ point: ResumePoint, _ set: ChannelSet) -> ResumePoint {
    guard fault == .wrongEpochAccepted, case .after(let ids) = point, ids.count == set.channels.count else {
      return point
    }
    return .after(
      zip(ids, set.top.entries).map { id, top in MessageID(epoch: top.epoch, offset: min(id.offset, top.offset)) })
  }

  func planted(_ read: SetRead, _ set: ChannelSet) -> SetRead {
    var read = read
    switch fault {
    case .gapAtAttach where !read.messages.isEmpty: read.messages.removeFirst()
    case .resetSwallowed where !read.resets.isEmpty,
      .expiryNotTold where read.resets.contains { $0.reason == .expired }:
      (read.outcome, read.resets) = (.current, [])
    case .resetWithoutReason where read.outcome == .resumed && setup.channels == 1:
      read = set.read(from: .unknown)
    default: break
    }
    return read
  }

  /// An answer that holds a part of the batch says the position after the whole.
  func planted(
    _ body: [UInt8], _ reply: PollReply, _ messages: ArraySlice<Delivery>, more: Bool, at end: Position
  ) -> [UInt8] {
    guard fault == .cursorAfterWholeBatch, case .object = reply.form else { return body }
    return PollObject.encode(
      reply.arrival.resetAlone, of: reply.set, messages, cursor: end, more: more, retry: 0)
  }

  /// Which of the messages that are the newest of their keys are passed over all the same.
  func planted(conflating refill: Refill, _ read: SetRead) -> ((SetRead.Entry) -> Bool)? {
    guard refill.conflates else { return nil }
    switch fault {
    case .conflationDropsLast: return { $0.message.key != nil && $0.message.id.offset % 3 == 0 }
    case .conflatesWithoutKey:
      let last = read.messages.last?.message.id
      return { $0.message.key == nil && $0.message.id != last }
    default: return nil
    }
  }

  /// Changes the bytes of a message.
  func planted(_ bytes: [UInt8], _ delivery: Delivery) -> [UInt8] {
    guard fault == .altered || fault == .idMissing, delivery.entry.message.id.offset % 20 == 0 else { return bytes }
    var bytes = bytes
    if fault == .altered {
      // A digit of the number in the payload; every form of text and JSON carries it as it is.
      if let at = bytes.firstRange(of: Array("\(delivery.entry.channel):".utf8))?.upperBound { bytes[at] ^= 1 }
    } else if let range = bytes.firstRange(of: Array(#""id":""#.utf8)) {
      bytes.replaceSubrange(range, with: Array(#""xd":""#.utf8))
    } else if let range = bytes.firstRange(of: Array("id: ".utf8)) {
      bytes.replaceSubrange(range, with: Array("xd: ".utf8))
    }
    return bytes
  }
}
