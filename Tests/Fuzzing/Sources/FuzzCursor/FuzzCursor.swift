import HalleyProtocols

/// Cursors. Oracle: no trap; whatever reads as positions is written back as the very same bytes, so that no two cursors
/// mean one position and none is read leniently.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCursor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start else { return -1 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  switch Cursor.read(bytes) {
  case .absent: precondition(bytes.isEmpty)
  case .latest: precondition(bytes == Array("latest".utf8))
  case .oldest: precondition(bytes == Array("oldest".utf8))
  case .last(let count): precondition(count >= 0 && bytes == Array("last-\(count)".utf8))
  case .entries(let entries):
    precondition((1...Cursor.maxEntries).contains(entries.count) && bytes.count <= Cursor.maxBytes)
    precondition(entries.allSatisfy { $0.epoch.utf8.count == 8 && (0...Cursor.maxOffset).contains($0.offset) })
    precondition(Array(Cursor.text(entries).utf8) == bytes, "not the same bytes")
  case .unknown: break
  }
  return 0
}
