public import HalleyProtocols

/// Why a WebSocket cannot do what it was asked to.
public struct WebSocketError: Error, Hashable, Sendable, CustomStringConvertible {
  private enum Reason: String { case closed, lost, expired }
  private var reason: Reason
  /// The code the connection has ended with: 1006 when the peer vanished without a close frame.
  public var code: WebSocketCloseCode

  /// The connection is closing or closed: nothing can be sent.
  public static func closed(_ code: WebSocketCloseCode) -> WebSocketError { .init(reason: .closed, code: code) }
  /// The connection failed or vanished: thrown by the iteration, where an orderly close ends it without an error.
  public static func lost(_ code: WebSocketCloseCode) -> WebSocketError { .init(reason: .lost, code: code) }
  /// A message was read after the next one had been asked for.
  public static let expired = WebSocketError(reason: .expired, code: .internalError)

  /// For logs; the peer never sees it.
  public var description: String {
    switch reason {
    case .closed: "the WebSocket is closed (\(code.rawValue))"
    case .lost: "the WebSocket was lost (\(code.rawValue))"
    case .expired: "the message ended when the next one was asked for"
    }
  }
}
