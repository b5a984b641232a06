import HalleyChannels
import HalleyEventLoop
import HalleyProtocols

extension ChannelSocketDriver: FeedDriver {
  func bytes(of message: Delivery) -> [UInt8] { message.encoded(encoding) }

  func wrote(_ message: Delivery, to connection: Connection) {}

  func join(_ feed: ChannelFeed, _ connection: Connection) { feed.join(connection, encoding) }
}
