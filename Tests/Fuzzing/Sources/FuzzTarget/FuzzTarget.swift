import HalleyProtocols

/// Paths, queries, authorities, origins and dates, each from the same bytes. Oracle: no trap; what is accepted keeps its
/// promises, and reads the same when it is written again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTarget(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start else { return -1 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let text = String(decoding: bytes, as: UTF8.self)
  if let path = RequestPath(decoding: bytes[...]) {
    for segment in path.segments {
      precondition(!segment.isEmpty && segment != "." && segment != "..", "a segment that leaves")
      precondition(segment.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F && $0 != 0x5C })
    }
    precondition(RequestPath(decoding: escaped(path.text, keeping: 0x2F)[...]) == path, "not read again")
  }
  if let query = QueryString(decoding: bytes[...], maxPairs: 20) {
    precondition(query.pairs.count <= 20)
    let written = query.pairs.map { escaped($0.name) + [0x3D] + escaped($0.value) }.joined(separator: [0x26])
    precondition(QueryString(decoding: Array(written)[...], maxPairs: 20) == query, "not read again")
    for pair in query.pairs { precondition(query.all(pair.name).contains(pair.value) && query.has(pair.name)) }
  }
  if let authority = Authority(parsing: bytes.span) {
    precondition(Authority(authority.description) == authority, "not read again")
    precondition(authority.host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !(0x41...0x5A).contains($0) })
  }
  if let origin = Origin(bytes[...]) {
    precondition(Origin(origin.description) == origin, "not read again")
    precondition(origin.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
  }
  _ = try? OriginPolicy([text])
  _ = try? HostPolicy([text])
  if let seconds = HTTPDate.parse(text), seconds >= 0 {
    precondition(HTTPDate.parse(HTTPDate.text(seconds)) == seconds, "not read again")
  }
  _ = JSONPCallback(bytes)
  return 0
}

/// Percent-encodes all but letters, digits and one more byte.
private func escaped(_ text: String, keeping kept: UInt8? = nil) -> [UInt8] {
  let digits = Array("0123456789ABCDEF".utf8)
  return text.utf8.flatMap { byte -> [UInt8] in
    let isPlain = byte < 0x80 && (Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber)
    return isPlain || byte == kept ? [byte] : [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
