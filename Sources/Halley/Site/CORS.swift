import HalleyServer

/// Which other origins may use a route, and with what.
///
/// ```swift
/// .cors(.origins("https://example.com").credentials())
/// ```
///
/// The key `cors.origins` of the configuration replaces the list of origins given here.
public struct CORS: Sendable, Hashable {
  var options: CORSOptions

  /// Exactly these origins: scheme, host and a port other than the scheme's own; `https://*.example.com` for
  /// sub-domains; `null` only if written out.
  public static func origins(_ origins: String...) -> CORS { CORS(options: CORSOptions(origins: origins)) }

  /// Every origin, answered with `*`. Cannot be joined with ``credentials()``.
  public static var any: CORS { CORS(options: CORSOptions(anyOrigin: true)) }

  /// Lets scripts of the listed origins send cookies and read the answer.
  ///
  /// Cookies count on this route, then: a WebSocket, or a request that changes something, with cookies and without an
  /// `Origin` is refused with 403.
  public func credentials() -> CORS { with { $0.credentials = true } }

  /// Lets scripts read these fields of the answer, besides the safelisted ones.
  public func exposing(_ fields: String...) -> CORS { with { $0.exposedFields += fields } }

  /// Answers preflights of pages on public networks that reach into a private one.
  public func privateNetwork() -> CORS { with { $0.privateNetwork = true } }

  private func with(_ change: (inout CORSOptions) -> Void) -> CORS {
    var copy = self
    change(&copy.options)
    return copy
  }
}
