import Testing

@testable import Halley

@Suite("Values with units")
struct SettingKindTests {
  @Test(
    "A value is read in its unit",
    arguments: [
      (SettingKind.duration(1...86_400_000), "500ms", SettingValue.number(500)),
      (.duration(1...86_400_000), "20s", .number(20_000)),
      (.duration(1...86_400_000), "5m", .number(300_000)),
      (.duration(1...86_400_000), "24h", .number(86_400_000)),
      (.bytes(1...Int.max), "512B", .number(512)),
      (.bytes(1...Int.max), "64KiB", .number(65_536)),
      (.bytes(1...Int.max), "1MiB", .number(1_048_576)),
      (.bytes(1...Int.max), "2GiB", .number(2_147_483_648)),
      (.count(0...10), "7", .number(7)),
      (.percent(0...50), "10%", .number(10)),
      (.onOff, "on", .flag(true)),
      (.onOff, "off", .flag(false)),
      (.onOff, "true", .flag(true)),
      (.spread(100...10_000), "2s-5s", .spread(2_000, 5_000)),
      (.address, "127.0.0.1:8080", .address(host: "127.0.0.1", port: 8080)),
      (.address, "[::1]:0", .address(host: "::1", port: 0)),
      (.address, "localhost:65535", .address(host: "localhost", port: 65_535)),
    ])
  func reads(kind: SettingKind, word: String, value: SettingValue) throws {
    #expect(try kind.parse([word]) == value)
    #expect(try kind.parse([kind.format(value)]) == value)
  }

  @Test(
    "What is no value says how to write one",
    arguments: [
      (SettingKind.duration(0...100), ["20"], "cannot be '20'; write a time as 500ms, 20s, 5m or 24h"),
      (.duration(0...100), [""], "cannot be ''; write a time"),
      (.duration(0...100), ["-5s"], "write a time"),
      (.duration(0...100), ["1.5s"], "write a time"),
      (.duration(0...100), ["5 s"], "write a time"),
      (.duration(0...100), ["99999999999999999999s"], "write a time"),
      (.duration(0...Int.max), ["9223372036854775807h"], "write a time"),
      (.duration(0...100), [], "takes one value, not 0"),
      (.duration(0...100), ["1s", "2s"], "takes one value, not 2"),
      (.bytes(0...100), ["64kb"], "write a size as 512B, 64KiB or 1MiB"),
      (.count(0...100), ["many"], "write a whole number"),
      (.percent(0...100), ["10"], "write a share as 10%"),
      (.onOff, ["maybe"], "write on or off"),
      (.spread(0...100), ["2s"], "write two times as 2s-5s"),
      (.spread(0...100), ["2s-5s-7s"], "write two times"),
      (.address, ["8080"], "write an address as 127.0.0.1:8080"),
      (.address, ["::1:8080"], "write an address"),
      (.address, ["host:65536"], "write an address"),
      (.address, [":8080"], "write an address"),
      (.address, ["[localhost]:80"], "write an address"),
    ])
  func refuses(kind: SettingKind, words: [String], sentence: String) throws {
    let error = try #require(throws: UnsoundValue.self) { try kind.parse(words) }
    #expect(error.reason.contains(sentence), "\(error.reason)")
  }

  @Test(
    "Ranges hold at both ends",
    arguments: [
      ("4999ms", false), ("5s", true), ("55s", true), ("55001ms", false),
    ])
  func ranges(word: String, sound: Bool) throws {
    let kind = SettingKind.duration(5_000...55_000)
    if sound {
      #expect(throws: Never.self) { try kind.parse([word]) }
    } else {
      let error = try #require(throws: UnsoundValue.self) { try kind.parse([word]) }
      #expect(error.reason == "cannot be \(word); choose 5s to 55s")
    }
  }

  @Test("0 is sound where it means something, and only there")
  func zero() throws {
    let kind = SettingKind.duration(10_000...Int.max)
    #expect(try kind.parse(["0"], zero: "never") == .number(0))
    let error = try #require(throws: UnsoundValue.self) { try kind.parse(["1s"], zero: "never") }
    #expect(error.reason == "cannot be 1s; choose 10s or more, or 0 for never")
    #expect(throws: UnsoundValue.self) { try kind.parse(["0"]) }
    for kind in [SettingKind.duration(0...1), .bytes(0...1), .percent(0...1), .count(0...1)] {
      #expect(try kind.parse(["0"]) == .number(0), "\(kind)")
    }
  }

  @Test("A range of times has the shorter first")
  func spread() throws {
    let error = try #require(throws: UnsoundValue.self) { try SettingKind.spread(0...10_000).parse(["5s-2s"]) }
    #expect(error.reason == "cannot be 5s-2s; put the shorter time first")
  }

  @Test("Every built-in value is sound by its own row, and each key has names of its own")
  func table() throws {
    for key in SettingTable.keys {
      #expect(throws: Never.self, "\(key.name)") { try key.kind.check(key.fallback, zero: key.zero) }
      #expect(!key.reason.isEmpty && !key.reason.hasSuffix("."), "\(key.name)")
    }
    #expect(Set(SettingTable.keys.map(\.flag)).count == SettingTable.keys.count)
    #expect(Set(SettingTable.keys.map(\.variable)).count == SettingTable.keys.count)
    let key = try #require(SettingTable.key("websocket.pongTimeout"))
    #expect(key.flag == "--websocket-pong-timeout")
    #expect(key.variable == "HALLEY_WEBSOCKET_PONG_TIMEOUT")
  }
}
