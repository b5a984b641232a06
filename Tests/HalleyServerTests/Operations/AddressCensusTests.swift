import Testing

@testable import HalleyServer

@Suite("Places of an address")
struct AddressCensusTests {
  @Test("A place is given back when its object goes")
  func seats() {
    let census = AddressCensus()
    var seats = (0..<3).map { _ in census.seat(for: "192.0.2.1") }
    let other = census.seat(for: "192.0.2.2")
    #expect(census.count(of: "192.0.2.1") == 3)
    #expect(census.count(of: "192.0.2.2") == 1)
    #expect(census.count(of: "192.0.2.3") == 0)
    seats.removeLast()
    #expect(census.count(of: "192.0.2.1") == 2)
    seats = []
    #expect(census.count(of: "192.0.2.1") == 0)
    withExtendedLifetime(other) { #expect(census.addresses == 1) }
  }

  @Test("IPv6 counts by network; what is no address counts together")
  func networks() {
    let census = AddressCensus()
    let seats = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1", "", "strange"].map(census.seat(for:))
    #expect(census.count(of: "2001:db8:1:2::77") == 2)
    #expect(census.count(of: "2001:db8:1:3::77") == 1)
    #expect(census.count(of: "else") == 2)
    withExtendedLifetime(seats) { #expect(census.addresses == 3) }
  }
}
