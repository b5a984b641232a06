import Testing

@testable import HalleyServer

@Suite("Networks of addresses")
struct AddressNetworkTests {
  @Test(
    "inside and outside",
    arguments: [
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("10.0.0.0/8", "10.255.0.1", true),
      ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.128/25", "192.0.2.200", true),
      ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.4/30", "192.0.2.7", true),
      ("192.0.2.4/30", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
      ("2001:db8::/32", "2001:db8:1::1", true), ("2001:db8::/32", "2001:db9::1", false), ("::1", "::1", true),
      ("::/0", "fe80::1", true), ("::/1", "8000::", false), ("10.0.0.0/8", "", false), ("10.0.0.0/8", "x", false),
    ])
  func contains(network: String, address: String, isInside: Bool) throws {
    #expect(try #require(AddressNetwork(network)).contains(address) == isInside)
  }

  @Test(
    "what is none",
    arguments: [
      "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "host", "10.0.0", "10.0.0.0/+8",
      "10.0.0.0/9999",
    ])
  func none(text: String) { #expect(AddressNetwork(text) == nil) }
}
