internal import HalleyProtocols

/// Where a message stands: `epoch-offset`, for example `kQ3fZx9a-42`.
///
/// The id of the last message seen is also the cursor of a channel; offset 0 is the position before the first message.
public struct MessageID: Sendable, Hashable {
  /// The channel's life that the offset belongs to.
  public let epoch: Epoch
  /// Position in the epoch, from 1 in steps of 1; at most 2^53-1, so it is exact as a JavaScript number.
  public let offset: Int

  package init(epoch: Epoch, offset: Int) {
    self.epoch = epoch
    self.offset = offset
  }
}

extension MessageID: CustomStringConvertible {
  /// `epoch-offset`, as it goes over the wire.
  public var description: String { "\(epoch)-\(offset)" }
}

extension MessageID {
  /// The same bytes; at most 28.
  func write(to out: inout ByteWriter) {
    out.append(bigEndian: epoch.packed)
    out.append(0x2D)
    out.append(decimal: offset)
  }
}
