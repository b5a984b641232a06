internal import CHalleyShims
package import HalleyProtocols

/// What the handshake has agreed, for the connection that comes of it.
package struct WebSocketSession {
  /// Window bits of what we send, 9–15; 0: no compression.
  package var deflateBits = 0
  package var subprotocol: String?
  /// The request of the handshake; nil where no handler asks for it.
  package var request: Request?

  package init(deflateBits: Int = 0, subprotocol: String? = nil, request: Request? = nil) {
    self.deflateBits = deflateBits
    self.subprotocol = subprotocol
    self.request = request
  }

  package init(_ handshake: WebSocketHandshake, request: Request? = nil) {
    deflateBits = handshake.deflate?.serverWindowBits ?? 0
    subprotocol = handshake.subprotocol
    self.request = request
  }

  /// The digest that `WebSocketHandshake` asks for.
  package static func sha1(_ bytes: [UInt8]) -> [UInt8]? {
    var digest = [UInt8](repeating: 0, count: 20)
    let good = unsafe bytes.withUnsafeBytes { input in
      unsafe digest.withUnsafeMutableBufferPointer { output -> Bool in
        guard let from = input.baseAddress, let to = output.baseAddress else { return false }
        return unsafe halley_sha1(from, input.count, to) == 1
      }
    }
    return good ? digest : nil
  }
}
