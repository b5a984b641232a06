import HalleyProtocols

/// JSON text, strings and client frames. Oracle: no trap; compacting is idempotent and valid inside scripts; any text is
/// the same after it was escaped and read again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start else { return -1 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  _ = ClientFrame(bytes)
  if let compact = JSONText.minify(bytes) {
    precondition(compact.count <= bytes.count, "compact is longer")
    precondition(JSONText.minify(compact) == compact, "compacting twice is another text")
    let safe = JSONString.scriptSafe(compact)
    precondition(JSONText.minify(safe) == safe, "not JSON any more inside a script")
    precondition(!safe.contains(0x3C) && !safe.contains(0x3E))
    for member in JSONText.members(compact) ?? [] {
      precondition(JSONText.minify(Array(member.value)) == Array(member.value), "a member that is no value")
    }
  }
  let text = Array(String(decoding: bytes, as: UTF8.self).utf8)
  let literal = JSONString.encode(text)
  precondition(JSONText.minify(literal) == literal, "the literal is no JSON")
  precondition(JSONText.string(literal[...]) == text, "the literal means another text")
  precondition(JSONText.string(JSONString.scriptSafe(literal)[...]) == text)
  return 0
}
