import HalleyChannels

/// Where the server of the lab errs on purpose.
extension FaultWorld {
  func planted(_ point: ResumePoint) -> ResumePoint {
    guard fault == .wrongEpochAccepted, case .after(let ids) = point, ids.count == set.channels.count else {
      return point
    }
    return .after(
      zip(ids, set.top.entries).map { id, top in MessageID(epoch: top.epoch, offset: min(id.offset, top.offset)) })
  }

  func planted(_ read: SetRead) -> SetRead {
    var read = read
    switch fault {
    case .gapAtAttach where !read.messages.isEmpty: read.messages.removeFirst()
    case .resetSwallowed where !read.resets.isEmpty: (read.outcome, read.resets) = (.current, [])
    case .resetWithoutReason where read.outcome == .resumed && setup.channels == 1:
      read = set.read(from: .unknown)
    default: break
    }
    return read
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
