import Testing

@testable import HalleyEventLoop

@Suite struct ReportPaceTests {
  @Test func oneASecondIsToldWithTheNumberOfTheOthers() {
    var pace = ReportPace()
    let told = (0..<2_500).map { pace.tell(at: 10_000 + $0) }
    #expect(told.enumerated().filter { $0.element != nil }.map(\.offset) == [0, 1_000, 2_000])
    #expect(told.compactMap { $0 } == [0, 999, 999])
    #expect(pace.isOpen(at: 13_000) && !pace.isOpen(at: 12_999))
    #expect(pace.tell(at: 60_000) == 499)
    #expect(pace.tell(at: 61_000) == 0)
  }
}
