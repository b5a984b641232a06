import HalleyProtocols
import Testing

@Suite("RFC 6455 §8.1: text is UTF-8")
struct TextTests {
  static let good: [[UInt8]] = [
    [], Array("Hello".utf8), Array("κόσμε €uro 日本 🙂".utf8), [0xF4, 0x8F, 0xBF, 0xBF], [0xEF, 0xBF, 0xBF],
    [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xC2, 0x80], [0xE0, 0xA0, 0x80], [0xF0, 0x90, 0x80, 0x80], [0],
  ]
  static let bad: [[UInt8]] = [
    [0x80], [0xBF, 0x41], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
    [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
    [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC2], [0xE2, 0x82], [0xF0, 0x9F, 0x99], [0xC2, 0x41],
    [0xE2, 0x82, 0x41], [0x41, 0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65],
  ]

  @Test("whole, in any cut of the stream, in any cut into fragments", arguments: good + bad)
  func verdicts(_ text: [UInt8]) {
    let expected: [Seen] = Self.good.contains(text) ? [.message(0x81, text)] : [.failure(1007)]
    for chunks in cuts(frame(0x81, text)) { #expect(transcript(chunks) == expected) }
    for at in 0...text.count {
      let bytes = frame(0x01, text[..<at]) + frame(0x89, []) + frame(0x80, text[at...])
      for chunks in cuts(bytes) { #expect(transcript(chunks).filter { $0 != .ping([]) } == expected) }
    }
    // Binary is not looked at.
    #expect(transcript([frame(0x82, text)]) == [.message(0x82, text)])
  }

  @Test("a long text with a scalar across every border")
  func long() {
    let text = Array(String(repeating: "aé日🙂", count: 300).utf8)
    for chunks in cuts(frame(0x81, text)) { #expect(transcript(chunks) == [.message(0x81, text)]) }
  }

  @Test("noticed when the bad byte arrives, not at the end of the message")
  func failFast() {
    let bytes = frame(0x01, [0x41, 0xED, 0xA0])
    #expect(transcript([bytes]) == [.failure(1007)])
    // Within a frame that is not complete.
    #expect(
      transcript([Array(frame(0x81, [0x41, 0xF5] + [UInt8](repeating: 0x41, count: 90)).prefix(8))]) == [.failure(1007)]
    )
  }

  @Test("the machine and the library agree on all pairs and on random bytes")
  func agreement() {
    var random = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF,
    ]
    let leads: [UInt8] = [0xF0, 0xF1, 0xF4, 0xF5, 0xFF]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
        (alphabet + leads).randomElement(using: &random) ?? 0
      }
      var machine = WebSocketUTF8(), good = true
      for byte in bytes where good { good = machine.feed([byte].span) }
      var halves = WebSocketUTF8()
      let cut = Int.random(in: 0...bytes.count, using: &random)
      let inHalves = halves.feed(bytes.span.extracting(..<cut)) && halves.feed(bytes.span.extracting(cut...))
      let expected = String(validating: bytes, as: UTF8.self) != nil
      #expect((good && machine.isAtBorder) == expected, "\(bytes)")
      #expect((inHalves && halves.isAtBorder) == expected, "\(bytes) cut at \(cut)")
    }
  }
}
