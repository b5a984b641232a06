/// What a peer may send in one message.
@frozen public struct WebSocketLimits: BitwiseCopyable, Sendable, Equatable {
  /// Largest message in bytes, after reassembly; also the largest frame. Beyond it the connection fails with 1009,
  /// decided from the length field, before the payload arrives.
  public var maxMessage: Int
  /// Most frames in one message, empty ones included. Beyond it the connection fails with 1009.
  public var maxFragments: Int

  /// Defaults: 64 KiB and 64 frames, the built-in `websocket.maxMessage` and `websocket.maxFragments`.
  @inlinable public init(maxMessage: Int = 64 << 10, maxFragments: Int = 64) {
    self.maxMessage = maxMessage
    self.maxFragments = maxFragments
  }

  /// Room for the compressed form of the largest message: deflate may grow what it cannot compress.
  @usableFromInline var maxCompressed: Int { maxMessage &+ maxMessage >> 3 &+ 64 }
}
