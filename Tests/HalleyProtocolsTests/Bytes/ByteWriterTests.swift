import HalleyProtocols
import Testing

@Suite("Bytes written into measured memory") struct ByteWriterTests {
  @Test("numbers in decimal", arguments: [0, 1, 9, 10, 99, 100, 1 << 53 - 1, .max])
  func decimal(value: Int) {
    #expect(ByteWriter.array(most: 19) { $0.append(decimal: value) } == Array(String(value).utf8))
  }

  @Test("a chunk tells its length in hexadecimal", arguments: [1, 9, 10, 15, 16, 255, 256, 65_535, 65_536])
  func chunk(count: Int) {
    let body = [UInt8](repeating: 0x61, count: count)
    let expected = Array("\(String(count, radix: 16))\r\n".utf8) + body + [0x0D, 0x0A]
    #expect(HTTPChunk.encode(body) == expected)
  }

  @Test("no chunk around nothing: an empty one would end the body")
  func emptyChunk() {
    #expect(HTTPChunk.encode([]).isEmpty)
    let around = ByteWriter.array(most: 40) { out in
      out.append(0x61)
      out.chunk { _ in }
      out.append(0x62)
    }
    #expect(around == [0x61, 0x62])
  }

  @Test("a frame around a body, at the borders of the length field", arguments: [0, 1, 125, 126, 65_535, 65_536])
  func frame(count: Int) {
    let body = [UInt8](repeating: 7, count: count)
    let frame = ByteWriter.array(most: count + 10) { out in out.frame(0x82) { $0.append(body) } }
    #expect(frame == WebSocketFrameEncoder.encode(0x82, body))
  }

  @Test("a word, highest byte first")
  func word() {
    #expect(ByteWriter.array(most: 8) { $0.append(bigEndian: 0x0102_0304_0506_0708) } == [1, 2, 3, 4, 5, 6, 7, 8])
  }

  @Test("more than was foreseen stops the program before anything is overwritten")
  func overflow() async {
    await #expect(processExitsWith: .failure) {
      _ = ByteWriter.array(most: 3) { $0.append("four") }
    }
  }
}
