/// Where a reader of a channel begins.
public struct ChannelPosition: Sendable, Hashable {
  let point: ResumePoint

  /// Only what comes next.
  public static let latest = ChannelPosition(point: .start(.latest))
  /// Everything retained.
  public static let oldest = ChannelPosition(point: .start(.oldest))
  /// Up to so many retained messages, then what comes next.
  public static func last(_ count: Int) -> ChannelPosition { ChannelPosition(point: .start(.last(max(0, count)))) }
  /// What comes after a message; with offset 0, after none.
  public static func after(_ id: MessageID) -> ChannelPosition { ChannelPosition(point: .after([id])) }

  /// What comes after a cursor, such as ``Channel/cursor``. One that is malformed is met with a reset.
  public static func cursor(_ text: String) -> ChannelPosition {
    ChannelPosition(point: ResumePoint(Array(text.utf8), default: .latest))
  }
}
