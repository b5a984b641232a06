/// Whether a channel's messages arrive as they are published, as its broker knows. The word is that of frames and
/// polls.
package enum DeliveryStatus: String, Sendable, Hashable {
  /// They do.
  case live
  /// The broker cannot be reached: what others publish comes later, what is published here is refused.
  case degraded
}
