import CHalleyShims
import HalleyEventLoop
import HalleyProtocols
import HalleyServer
import Testing

@Suite("RFC 7692: permessage-deflate on a loop")
struct DeflateSocketTests {
  /// Compressed without the tail, as a message is.
  static func deflated(_ bytes: [UInt8], bits: Int32 = 15) -> [UInt8] {
    guard let deflater = halley_deflater_new() else { return [] }
    defer { halley_deflater_free(deflater) }
    var out = [UInt8](repeating: 0, count: bytes.count + 1024)
    let room = out.count
    let count = halley_deflate(deflater, bits, bytes, bytes.count, &out, room)
    return Array(out.prefix(count))
  }

  static func inflated(_ bytes: [UInt8]) -> [UInt8]? {
    guard let inflater = halley_inflater_new() else { return nil }
    defer { halley_inflater_free(inflater) }
    return bytes.withUnsafeBufferPointer { input -> [UInt8]? in
      halley_inflater_begin(inflater, input.baseAddress, input.count)
      var all: [UInt8] = []
      while true {
        var out = [UInt8](repeating: 0, count: 1000), written = 0
        let result = halley_inflater_step(inflater, &out, 1000, &written)
        all += out.prefix(written)
        if result == HALLEY_INFLATE_ERROR.rawValue { return nil }
        if result == HALLEY_INFLATE_DONE.rawValue { return all }
      }
    }
  }

  @Test(
    "what RFC 7692 §7.2.3 shows",
    arguments: [
      ([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], "Hello"),
      ([0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], "Hello"),  // a stored block
      ([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], "Hello"),  // BFINAL
      ([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], "Hello"),  // two blocks
      ([0x00], ""), ([], ""), ([0x03, 0x00], ""),
    ] as [([UInt8], String)])
  func examples(_ bytes: [UInt8], _ text: String) { #expect(Self.inflated(bytes) == Array(text.utf8)) }

  @Test(
    "what is not deflate, is cut short, or goes on",
    arguments: [
      [0xFF], [0xF2, 0x48, 0xCD], [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xFF, 0xFF], [0x07], [0x01, 0x05, 0x00],
    ] as [[UInt8]])
  func garbage(_ bytes: [UInt8]) { #expect(Self.inflated(bytes) == nil) }

  @Test("every length, every window", arguments: 9...15)
  func roundTrip(_ bits: Int) {
    for count in [1, 2, 64, 65, 999, 1000, 1001, 40_000, 300_000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: ($0 / 7) &* 13) }
      #expect(Self.inflated(Self.deflated(bytes, bits: Int32(bits))) == bytes)
    }
  }

  @Test("compressed messages are echoed compressed, small ones plain")
  func echo() throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(CallbackSocketTests.echo(), WebSocketSession(deflateBits: 12))
    let text = Array(String(repeating: "wiederholt ü ", count: 100).utf8)
    let packed = Self.deflated(text)
    let half = packed.count / 2
    let bytes =
      clientFrame(0xC1, packed) + clientFrame(0x41, packed[..<half]) + clientFrame(0x80, packed[half...])
      + clientFrame(0xC1, Self.deflated(Array("klein".utf8))) + clientFrame(0x82, [1, 2]) + clientFrame(0xC2, [0])
    bench.exchange(peer, bytes, frames: 5)
    #expect(peer.frames.map(\.first) == [0xC1, 0xC1, 0x81, 0x82, 0x82])
    #expect(peer.frames.prefix(2).allSatisfy { Self.inflated($0.payload) == text && $0.payload.count < 200 })
    #expect(peer.frames.dropFirst(2).map(\.payload) == [Array("klein".utf8), [1, 2], []])
    #expect(connection.object == nil)
    bench.finish()
  }

  @Test("an empty message in empty fragments is a message")
  func emptyFragments() throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(CallbackSocketTests.echo(), WebSocketSession(deflateBits: 15))
    let bytes =
      clientFrame(0x41, []) + clientFrame(0x80, []) + clientFrame(0x42, []) + clientFrame(0x00, [])
      + clientFrame(0x80, []) + clientFrame(0x81, [0x61])
    bench.exchange(peer, bytes, frames: 3)
    #expect(peer.frames.map(\.first) == [0x81, 0x82, 0x81])
    #expect(peer.frames.map(\.payload) == [[], [], [0x61]])
    #expect(connection.object == nil)
    bench.finish()
  }

  @Test(
    "failures",
    arguments: [
      (DeflateSocketTests.deflated([UInt8](repeating: 0, count: 64 << 20)), 0xC2, 1009),
      (DeflateSocketTests.deflated([0x61, 0xFF, 0x62]), 0xC1, 1007), ([0xFF, 0xFF], 0xC2, 1007),
      (DeflateSocketTests.deflated([0x61, 0xC3]), 0xC1, 1007),
    ] as [([UInt8], UInt8, UInt16)])
  func failures(_ payload: [UInt8], _ first: UInt8, _ code: UInt16) throws {
    let bench = try WebSocketBench()
    let (connection, peer) = try bench.connect(CallbackSocketTests.echo(), WebSocketSession(deflateBits: 15))
    let start = ContinuousClock.now
    bench.exchange(peer, clientFrame(first, payload), frames: 1)
    #expect(ContinuousClock.now - start < .seconds(2), "the bomb is not unpacked")
    #expect(peer.frames == [.init(first: 0x88, payload: closePayload(code))])
    #expect(!connection.isOpen)
    peer.shutDown()
    bench.finish()
  }

  @Test("exactly the limit passes, one byte more does not")
  func limit() throws {
    for extra in [0, 1] {
      let bench = try WebSocketBench()
      let (_, peer) = try bench.connect(
        CallbackSocketTests.echo { $0.webSocketMaxMessage = 50_000 }, WebSocketSession(deflateBits: 15))
      let payload = [UInt8](repeating: 5, count: 50_000 + extra)
      bench.exchange(peer, clientFrame(0xC2, Self.deflated(payload)), frames: 1)
      #expect(peer.frames.first?.first == (extra == 0 ? 0xC2 : 0x88))
      peer.shutDown()
      bench.finish()
    }
  }
}
