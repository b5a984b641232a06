import HalleyProtocols
import Testing

@Suite("End of a request head (RFC 9112 §2.1)")
struct HTTPHeadScannerTests {
  /// Feeds the pieces until a verdict; the place is counted from the start of all bytes.
  func verdict(_ pieces: [ArraySlice<UInt8>], limits: HTTPHeadLimits) -> HTTPHeadScanner.Verdict {
    var scanner = HTTPHeadScanner(limits: limits)
    var before = 0
    for piece in pieces {
      switch scanner.scan(piece.span) {
      case .incomplete: before += piece.count
      case .complete(let count): return .complete(before + count)
      case .refused(let refusal): return .refused(refusal)
      }
    }
    return .incomplete
  }

  static let limits = HTTPHeadLimits(maxLine: 24, maxFieldSection: 48, maxFields: 3)

  @Test(
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", .complete(18)),
      ("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", .complete(27)),
      ("GET / HTTP/1.1\r\nHost: a\r\n", .incomplete),
      ("GET / HTTP/1.1\r\nHost: a\r\n\r", .incomplete),
      ("", .incomplete),
      ("\r\nGET / HTTP/1.1\r\n\r\n", .refused(.malformedLineEnd)),
      ("GET / HTTP/1.1\n\n", .refused(.malformedLineEnd)),
      ("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", .refused(.malformedLineEnd)),
      ("GET / HTTP/1.1\r\nA: b\r\r\n\r\n", .refused(.malformedLineEnd)),
      ("GET / HTTP/1.1\r\n\0\r\n\r\n", .refused(.controlByte)),
      ("GET / HTTP/1.1\r\nA: \t\u{7F}\r\n\r\n", .refused(.controlByte)),
      ("GET /aaaaaaaaaa HTTP/1.1\r\n\r\n", .complete(28)),
      ("GET /aaaaaaaaaaa HTTP/1.1", .refused(.targetTooLong)),
      ("GET / HTTP/1.1\r\nA: 234567890123456789012\r\n", .incomplete),
      ("GET / HTTP/1.1\r\nA: 234567890123456789012x", .refused(.fieldsTooLarge)),
      ("GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\n\r\n", .complete(30)),
      ("GET / HTTP/1.1\r\nA:\r\nB:\r\nC:\r\nD", .refused(.fieldsTooLarge)),
      ("GET / HTTP/1.1\r\nA: 2345678901234567890\r\nB: 2345678901234567890\r\n\r\n", .complete(66)),
      ("GET / HTTP/1.1\r\nA: 2345678901234567890\r\nB: 2345678901234567890x", .refused(.fieldsTooLarge)),
    ] as [(String, HTTPHeadScanner.Verdict)])
  func sameVerdictHoweverCut(text: String, expected: HTTPHeadScanner.Verdict) {
    for pieces in everyCut(Array(text.utf8)) { #expect(verdict(pieces, limits: Self.limits) == expected) }
  }

  @Test func staysRefused() {
    var scanner = HTTPHeadScanner()
    #expect(scanner.isIdle)
    #expect(scanner.scan([0x0A].span) == .refused(.malformedLineEnd))
    #expect(scanner.scan(Array("GET / HTTP/1.1\r\n\r\n".utf8).span) == .refused(.malformedLineEnd))
    #expect(!scanner.isIdle)
  }

  /// What the scanner refuses, the parser refuses; what the parser accepts ends where the scanner says.
  @Test func agreesWithTheParser() {
    var random = SeededGenerator(seed: 7)
    let alphabet = Array("GET / HTTP/1.1\r\n\r\n\r\n::aA \t\0\n".utf8)
    var accepted = 0
    for _ in 0..<20_000 {
      var bytes = Array("GET / HTTP/1.0\r\nA: b\r\n\r\n".utf8)
      for _ in 0..<Int.random(in: 0..<4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        if Bool.random(using: &random) { bytes.insert(byte, at: at) } else { bytes[at] = byte }
      }
      var scanner = HTTPHeadScanner(limits: Self.limits)
      let verdict = scanner.scan(bytes.span)
      let parses = (try? HTTPHeadParser.parse(bytes, limits: Self.limits)) != nil
      if parses {
        accepted += 1
        #expect(verdict == .complete(bytes.count))
      }
    }
    #expect(accepted > 1000)
  }
}
