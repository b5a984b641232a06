internal import CHalleyShims

/// What one carrier holds, and what it has counted since it was made.
package struct HTTPGauges: Sendable, Equatable {
  /// Connections alive, detached ones included.
  package var connections = 0
  /// Connections alive and detached.
  package var detached = 0
  /// Most connections at once so far.
  package var peak = 0
  /// Requests being read or in work.
  package var exchanges = 0
  /// Connections accepted so far.
  package var accepted = 0
  /// Requests answered without a handler.
  package var refused = 0
  /// Connections that a deadline ended.
  package var expired = 0
  /// Connections that the input cap ended.
  package var flooded = 0

  /// All zero.
  package init() {}

  init(_ gauges: halley_carrier_gauges) {
    connections = Int(gauges.connections)
    detached = Int(gauges.detached)
    peak = Int(gauges.peak)
    exchanges = Int(gauges.exchanges)
    accepted = Int(clamping: gauges.accepted)
    refused = Int(clamping: gauges.refused)
    expired = Int(clamping: gauges.expired)
    flooded = Int(clamping: gauges.flooded)
  }
}
