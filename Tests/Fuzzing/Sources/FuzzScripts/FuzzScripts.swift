import HalleyProtocols

/// What is put into the scripts of forever-iframes and JSONP. Oracle: whatever the payload, a document has one script
/// element a frame and the value in it stays the same; whatever the names, nothing but a name or an origin goes in.
///
/// Input: split at 0xFF, its parts are the callback or origin, and text for the frame.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzScripts(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start else { return -1 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let parts = bytes.split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false)
  let name = Array(parts[0])
  let text = String(decoding: parts.count > 1 ? parts[1] : parts[0], as: UTF8.self)

  let json = JSONString.encode(text)
  let frame = JSONString.scriptSafe(json)
  precondition(!frame.contains(0x3C) && !frame.contains(0x3E), "a payload opens or closes a tag")
  precondition(!holdsLineSeparator(frame), "a payload ends a line of script")
  precondition(JSONText.string(frame[...]) == Array(text.utf8), "the value has changed")
  precondition(JSONString.scriptSafe(frame) == frame, "safe is not safe")

  if let callback = JSONPCallback(name) {
    precondition(isName(name), "a callback that is no name")
    check(ScriptCall.callback(callback), frame, begins: Array("<script>".utf8) + name + [0x28], ends: ");</script>\n")
    let body = JSONPBody.wrap(json, in: callback)
    precondition(body == Array("/**/".utf8) + name + [0x28] + frame + Array(");".utf8), "not one call")
  } else {
    precondition(!isName(name), "a name that is no callback")
  }
  if let origin = Origin(name[...]) {
    let written = "\(origin)"
    precondition(written.utf8.allSatisfy(isOriginByte), "an origin that ends its string or its policy")
    let call = ScriptCall.message(origin)
    precondition(call.framePolicy.value == "frame-ancestors \(written)")
    check(
      call, frame, begins: Array("<script>parent.postMessage(".utf8), ends: ",\"\(written)\");</script>\n")
  }
  return 0
}

private func check(_ call: ScriptCall, _ frame: [UInt8], begins: [UInt8], ends: String) {
  precondition(call.script(around: frame) == begins + frame + Array(ends.utf8), "not one script")
}

private func holdsLineSeparator(_ bytes: [UInt8]) -> Bool {
  bytes.indices.contains { at in
    bytes[at...].starts(with: [0xE2, 0x80, 0xA8]) || bytes[at...].starts(with: [0xE2, 0x80, 0xA9])
  }
}

/// The rule once more, read from left to right.
private func isName(_ bytes: [UInt8]) -> Bool {
  var parts = 1
  var isFirst = true
  for byte in bytes {
    switch byte {
    case 0x41...0x5A, 0x61...0x7A, 0x24, 0x5F: isFirst = false
    case 0x30...0x39:
      if isFirst { return false }
    case 0x2E:
      if isFirst { return false }
      parts += 1
      isFirst = true
    default: return false
    }
  }
  return !isFirst && parts <= 8 && bytes.count <= 64
}

private func isOriginByte(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
  default: Array("+-._:/[]".utf8).contains(byte)
  }
}
