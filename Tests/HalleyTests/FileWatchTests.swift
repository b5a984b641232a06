import HalleyServer
import Testing

@testable import Halley

@Suite("Watching the configuration file")
struct FileWatchTests {
  @Test("A change is taken once it has stayed the same for a look")
  func changes() {
    var watch = FileWatch(.text("a"))
    let looks = ["a", "a", "b", "c", "c", "c", "a", "c", "c"].map { watch.look(.text($0)) }
    #expect(looks == [.nothing, .nothing, .nothing, .nothing, .changed, .nothing, .nothing, .nothing, .nothing])
    #expect(
      [SmallFile.Reading.unreadable, .unreadable, .unreadable].map { watch.look($0) } == [.nothing, .changed, .nothing])
    #expect([SmallFile.Reading.text("c"), .text("c")].map { watch.look($0) } == [.nothing, .changed])
  }

  @Test("Want of descriptors is no change, is told once, and hides no change for good")
  func blind() {
    var watch = FileWatch(.text("a"))
    #expect((0..<50).map { _ in watch.look(.noDescriptors) } == [.blind] + Array(repeating: .nothing, count: 49))
    #expect(watch.look(.text("a")) == .nothing)
    // It comes and goes.
    for _ in 0..<20 { #expect(watch.look(.noDescriptors) == .nothing && watch.look(.text("a")) == .nothing) }
    #expect(watch.look(.text("b")) == .nothing && watch.look(.noDescriptors) == .nothing)
    #expect(watch.look(.text("b")) == .changed)
    for _ in 0..<10 { #expect(watch.look(.text("b")) == .nothing) }
    #expect(watch.look(.noDescriptors) == .blind)
  }
}
