import HalleyProtocols
import Testing

@testable import HalleyServer

@Suite("Response heads")
struct ResponseHeadTests {
  @Test(
    "Date (RFC 9110 §5.6.7)",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
      (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
      (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
  func date(seconds: Int64, text: String) {
    var date = HTTPDate()
    date.advance(to: 1)
    date.advance(to: seconds)
    #expect(String(decoding: date.bytes, as: UTF8.self) == text)
  }

  @Test("Numbers", arguments: [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 4_095, 65_536, 1 << 40, Int.max])
  func numbers(number: Int) {
    let buffer = HeadBuffer()
    buffer.append(decimal: number)
    buffer.append(" ")
    buffer.append(hexadecimal: number)
    #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(number) \(String(number, radix: 16))")
  }

  @Test("A refusal carries the fields it is given, and none when one would break the head")
  func refusals() {
    var writer = ResponseHeadWriter()
    func text(_ fields: [(String, String)], toHead: Bool = false) -> String {
      writer.error(413, "too_large", fields, toHead: toHead)
      return String(decoding: writer.buffer.bytes, as: UTF8.self)
    }
    let end = "Content-Type: application/json\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
    let body = #"{"error":"too_large"}"#
    #expect(text([("Vary", "Origin"), ("A", "b")]).hasSuffix("\r\nVary: Origin\r\nA: b\r\n" + end + body))
    #expect(text([("Vary", "Origin")], toHead: true).hasSuffix("\r\nVary: Origin\r\n\(end)"))
    for broken in ["a\r\nb: c", "a\nb", "a\0"] {
      let all = text([("Vary", "Origin"), ("A", broken)])
      #expect(all.hasSuffix("GMT\r\n" + end + body))
    }
  }

  @Test("The buffer grows")
  func growth() {
    let buffer = HeadBuffer()
    let value = String(repeating: "v", count: 10_000)
    for _ in 0..<10 { buffer.append(name: "n", value: value) }
    #expect(buffer.count == 10 * (10_000 + 5))
    #expect(!buffer.isBroken)
    buffer.reset()
    #expect(buffer.count == 0)
  }

  @Test("Every status that is sent has a phrase of its own, of plain text")
  func phrases() {
    for status in [200, 204, 304, 400, 404, 405, 408, 413, 414, 417, 421, 426, 429, 431, 500, 501, 503, 505] {
      let phrase = "\(ReasonPhrase.of(status))"
      #expect(!phrase.isEmpty)
      #expect(phrase.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }
  }
}
