/// 64 slots that never move.
struct ConnectionSlab {
  static let slots = 64

  let first: UnsafeMutablePointer<ConnectionState>

  func forEach(_ body: (ConnectionSlot) -> Void) {
    for index in 0..<Self.slots {
      let slot = ConnectionSlot(first + index)
      if slot.has(.inUse) { body(slot) }
    }
  }
}
