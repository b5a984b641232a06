import HalleyTesting
import Testing

@testable import HalleyServer

@Suite("Chunked bodies (RFC 9112 §7.1)")
struct ChunkedBodyDecoderTests {
  /// The progress after the last piece, and the body.
  private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = 1 << 20) -> (ChunkedBodyDecoder.Progress, [UInt8]) {
    var decoder = ChunkedBodyDecoder()
    var body: [UInt8] = []
    var seen = 0
    for piece in pieces {
      let progress = decoder.decode(piece.span, into: &body, limit: limit, trailerLimit: 100)
      switch progress {
      case .more: seen += piece.count
      case .complete(let consumed): return (.complete(consumed: seen + consumed), body)
      case .malformed, .tooLarge: return (progress, body)
      }
    }
    return (.more, body)
  }

  @Test("Every split point gives the same body and the same end")
  func splits() {
    let text = Array("5\r\nhello\r\n00A\r\n0123456789\r\n1\r\n\n\r\n0\r\nA: b\r\nC: d\r\n\r\nGET".utf8)
    let expected = Array("hello0123456789\n".utf8)
    for split in 0...text.count {
      let (progress, body) = decode([text[..<split], text[split...]])
      #expect(progress == .complete(consumed: text.count - 3))
      #expect(body == expected)
    }
    #expect(decode(Cuts.bytes.pieces(of: text)).1 == expected)
  }

  @Test("A body may be empty")
  func empty() { #expect(decode([Array("0\r\n\r\n".utf8)[...]]) == (.complete(consumed: 5), [])) }

  @Test("At the limit, and one more")
  func limits() {
    #expect(decode([Array("5\r\nhello\r\n0\r\n\r\n".utf8)[...]], limit: 5).0 == .complete(consumed: 15))
    #expect(decode([Array("5\r\nhello\r\n1".utf8)[...]], limit: 5).0 == .tooLarge)
    #expect(decode([Array("6".utf8)[...]], limit: 5).0 == .tooLarge)
    let trailer = Array(("0\r\n" + String(repeating: "a", count: 97) + "\r\n\r\n").utf8)
    #expect(decode([trailer[...]]).0 == .complete(consumed: trailer.count))
    #expect(decode([Array(("0\r\n" + String(repeating: "a", count: 99)).utf8)[...]]).0 == .tooLarge)
  }

  @Test("Random bytes never trap and never yield more than was sent")
  func random() {
    var random = SeededRandom(seed: 20_261_121)
    let alphabet = Array("0123456789abcdefABCDEF\r\n\r\n\r\n; x:\0".utf8)
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let (whole, body) = decode([text[...]], limit: 64)
      let (pieces, same) = decode(Cuts.bytes.pieces(of: text), limit: 64)
      #expect(whole == pieces)
      #expect(body == same)
      #expect(body.count <= text.count)
    }
  }
}
