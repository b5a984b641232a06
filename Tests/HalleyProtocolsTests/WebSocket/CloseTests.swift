import HalleyProtocols
import Testing

@Suite("RFC 6455 §7: closing")
struct CloseTests {
  @Test("codes that may be received", arguments: Array(0...5100) as [UInt16])
  func codes(_ code: UInt16) {
    let valid = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
    let bytes = frame(0x88, [UInt8(code >> 8), UInt8(code & 255)])
    #expect(transcript([bytes]) == [valid ? .close(code) : .failure(1002)])
    #expect(WebSocketCloseCode(rawValue: code).isSendable == valid)
  }

  @Test("payloads")
  func payloads() {
    #expect(transcript([frame(0x88, [])]) == [.close(1005)])
    #expect(transcript([frame(0x88, [3])]) == [.failure(1002)])
    #expect(transcript([frame(0x88, [3, 0xE8] + "Tschüß".utf8)]) == [.close(1000)])
    #expect(transcript([frame(0x88, [3, 0xE8, 0xC3])]) == [.failure(1007)])
    #expect(transcript([frame(0x88, [0xFF, 0xFF])]) == [.failure(1002)])
    #expect(transcript([frame(0x88, [3, 0xE8] + [UInt8](repeating: 0x61, count: 123))]) == [.close(1000)])
  }

  @Test("a reason is cut at a scalar border")
  func reason() {
    let long = WebSocketClosePayload.encode(.normal, reason: String(repeating: "é", count: 100))
    #expect(long.count == 2 + 122)
    #expect(long.dropFirst(2).elementsEqual(String(repeating: "é", count: 61).utf8))
    #expect(WebSocketClosePayload.encode(.normal, reason: String(repeating: "x", count: 123)).count == 125)
    #expect(WebSocketClosePayload.encode(.normal) == [3, 0xE8])
  }

  @Test(
    "codes that are never sent",
    arguments: [.noStatus, .abnormal, .init(rawValue: 1015), .init(rawValue: 0)] as [WebSocketCloseCode])
  func unsendable(_ code: WebSocketCloseCode) { #expect(WebSocketClosePayload.encode(code, reason: "x").isEmpty) }
}
