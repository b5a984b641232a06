/// What one loop holds at this moment, and what it has counted. Confined to its loop; every gauge is back at zero when
/// the clients have left.
package final class ServerGauges {
  package var waiters = 0
  package var eventStreams = 0
  package var handlers = 0
  /// Messages times the subscribers that they went to. Raised once for each run that a group of subscribers gets.
  var delivered = 0

  package init() {}
}
