import HalleyProtocols

/// Who may see the operations pages, `/_halley/health`, `/_halley/metrics` and `/_halley/console`: this machine, and
/// those whom the operator lists (`operations.from`).
///
/// Never a request that says it was forwarded: then the peer is not who asks. A proxy on this machine that does not say
/// so is listed in `proxies`, and no longer counts as this machine.
struct OperationsAccess: Sendable {
  /// `operations.from`.
  let listed: [AddressNetwork]
  let proxies: [AddressNetwork]

  /// What proxies add to a request.
  private static let forwardingFields = ["forwarded", "x-forwarded-for", "x-real-ip", "via"]

  /// - Parameters:
  ///   - peer: the numeric address at the other end of the connection.
  ///   - isLoopback: the peer is on this machine.
  func permits(peer: String, isLoopback: Bool, head: HTTPRequestHead) -> Bool {
    guard Self.forwardingFields.allSatisfy({ head.values(of: $0).isEmpty }) else { return false }
    if listed.contains(where: { $0.contains(peer) }) { return true }
    return isLoopback && !proxies.contains { $0.contains(peer) }
  }
}
