@testable import HalleyEventLoop

/// A driver whose behaviour a test writes down in closures; it records what it is told.
final class ScriptedDriver: ConnectionDriver {
  var onOpened: (Connection) -> Void = { _ in }
  var onReceived: (Connection, UnsafeMutablePointer<UInt8>, Int) -> Int = { _, _, count in count }
  var onDeadline: (Connection) -> Void = { _ in }
  var onDrained: (Connection) -> Void = { _ in }
  var onHasRoom: (Connection) -> Void = { _ in }
  var onOverflowed: (Connection) -> Void = { $0.close() }
  var onEnded: (Connection) -> Void = { _ in }

  private(set) var opened = 0
  private(set) var calls = 0
  private(set) var deadlines = 0
  private(set) var drained = 0
  private(set) var overflowed = 0
  private(set) var ended = 0

  override func opened(_ connection: Connection) {
    opened += 1
    onOpened(connection)
  }
  override func received(_ connection: Connection, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    calls += 1
    return onReceived(connection, bytes, count)
  }
  override func deadline(_ connection: Connection) {
    deadlines += 1
    onDeadline(connection)
  }
  override func drained(_ connection: Connection) {
    drained += 1
    onDrained(connection)
  }
  override func hasRoom(_ connection: Connection) { onHasRoom(connection) }
  override func overflowed(_ connection: Connection) {
    overflowed += 1
    onOverflowed(connection)
  }
  override func ended(_ connection: Connection) {
    ended += 1
    onEnded(connection)
  }

  /// Sends every byte back.
  static func echo() -> ScriptedDriver {
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, count in
      connection.write(UnsafeRawBufferPointer(start: bytes, count: count))
      return count
    }
    return driver
  }

  /// Sends whole messages back: one byte of length, then as many bytes.
  static func messageEcho() -> ScriptedDriver {
    let driver = ScriptedDriver()
    driver.onReceived = { connection, bytes, count in
      var at = 0
      while at < count, at + 1 + Int(bytes[at]) <= count {
        let length = 1 + Int(bytes[at])
        connection.write(UnsafeRawBufferPointer(start: bytes + at, count: length))
        at += length
      }
      return at
    }
    return driver
  }
}
