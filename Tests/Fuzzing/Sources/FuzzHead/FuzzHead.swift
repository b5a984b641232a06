import HalleyProtocols

/// Request heads, and all that is decided from them. Oracle: no trap; the scanner's verdict does not depend on the cuts;
/// what the scanner refuses the parser refuses; a head that is accepted and written anew reads the same.
///
/// Input: one byte of options, which also seeds the cuts, then the stream.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHead(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard let start, count >= 1 else { return -1 }
  let options = start[0]
  let stream = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
  let limits =
    options & 1 == 0 ? HTTPHeadLimits() : HTTPHeadLimits(maxLine: 24, maxFieldSection: 64, maxFields: 3)
  let whole = verdict(stream, limits) { $0 }
  precondition(whole == verdict(stream, limits) { _ in 1 }, "the cuts decide the verdict")
  var seed = UInt64(options) &+ 1
  let random = verdict(stream, limits) { rest in
    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return min(rest, Int(seed >> 60) + 1)
  }
  precondition(whole == random, "the cuts decide the verdict")

  var bytes = stream
  if case .complete(let end) = whole { bytes = Array(stream[..<end]) }
  do throws(HTTPRefusal) {
    let head = try HTTPHeadParser.parse(bytes, limits: limits)
    precondition(whole == .complete(bytes.count), "accepted, but not a whole head")
    check(head)
    use(head)
  } catch {
    precondition([400, 414, 417, 431, 501, 505].contains(error.status), "an unusual refusal")
  }
  return 0
}

private func verdict(
  _ stream: [UInt8], _ limits: HTTPHeadLimits, _ size: (Int) -> Int
) -> HTTPHeadScanner.Verdict {
  var scanner = HTTPHeadScanner(limits: limits)
  var at = 0
  while at < stream.count {
    let end = at + size(stream.count - at)
    switch scanner.scan(stream[at..<end].span) {
    case .incomplete: at = end
    case .complete(let count): return .complete(at + count)
    case .refused(let refusal): return .refused(refusal)
    }
  }
  return .incomplete
}

/// The invariants of an accepted head, and that writing its parts gives the same head again.
private func check(_ head: HTTPRequestHead) {
  var written = Array("\(head.method.rawValue) ".utf8) + head.rawTarget + Array(" HTTP/1.\(head.minorVersion)\r\n".utf8)
  for field in head.fields {
    precondition(!field.nameBytes.isEmpty && field.nameBytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3A })
    precondition(field.valueBytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
    precondition(field.valueBytes.first != 0x20 && field.valueBytes.last != 0x20)
    written += field.nameBytes + Array(": ".utf8) + field.valueBytes + [0x0D, 0x0A]
  }
  written += [0x0D, 0x0A]
  // Padding that was trimmed makes room, never the other way round; the one space after the colon may add some.
  let roomy = HTTPHeadLimits(maxLine: 1 << 20, maxFieldSection: 1 << 24, maxFields: 1 << 20)
  guard let again = try? HTTPHeadParser.parse(written, limits: roomy) else { preconditionFailure("not read again") }
  precondition(again.fields.elementsEqual(head.fields) && again.method == head.method)
  precondition(again.path == head.path && again.query == head.query && again.authority == head.authority)
  precondition(again.keepAlive == head.keepAlive && again.contentLength == head.contentLength)
  precondition(again.isChunked == head.isChunked && again.expectsContinue == head.expectsContinue)
  precondition(!head.hasBody || head.method != .head, "a body with HEAD")
  precondition(!head.isChunked || head.contentLength == nil, "two lengths")
  if let authority = head.authority { precondition(Authority(authority.description) == authority) }
}

/// All that is computed from a head before a route is found.
private func use(_ head: HTTPRequestHead) {
  _ = RequestPath(decoding: head.path)
  _ = QueryString(decoding: head.query)
  _ = HostPolicy.loopback.permits(head.authority)
  if let policy = try? CORSPolicy(origins: OriginPolicy(["https://good.com", "https://*.wild.com", "null"])) {
    let decision = policy.decide(head, scheme: .unknown, methods: [.get, .post], use: .write)
    precondition(decision.fields.last?.name == "Vary")
    precondition(decision.fields.allSatisfy { $0.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } })
  }
  let tag = EntityTag("t")
  _ = Preconditions.evaluate(method: head.method, tag: tag, lastModified: 784_111_777) { head.joined($0) }
  let selection = RangeSelection(
    method: head.method, size: 1000, tag: tag, lastModified: 784_111_777
  ) { head.joined($0) }
  if case .parts(let parts) = selection {
    precondition(!parts.isEmpty && parts.count <= RangeSelection.maxRanges)
    precondition(parts.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= 1000 })
    precondition(parts.count == 1 || parts.reduce(0) { $0 + $1.count } <= 1000)
  }
  _ = AcceptEncoding(head.joined("accept-encoding")).choose(from: ["br", "gzip"])
}
