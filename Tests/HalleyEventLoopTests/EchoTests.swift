import HalleyEventLoop
import Testing

@Suite struct EchoTests {
  @Test func echoesWhatArrives() throws {
    let bench = try LoopBench()
    let driver = ScriptedDriver.echo()
    let (connection, peer) = try bench.connect(driver)
    #expect(connection.isOpen && driver.opened == 1)
    peer.send(pattern(100))
    bench.turn(until: { peer.read() > 0 })
    #expect(peer.received == pattern(100))
    bench.finish()
    #expect(driver.ended == 1 && !connection.isOpen)
  }

  @Test func inputCutAtEachPoint() throws {
    let bench = try LoopBench()
    let script: [UInt8] = [3, 1, 2, 3, 0, 1, 9, 5, 1, 2, 3, 4, 5]
    for cut in 0...script.count {
      let driver = ScriptedDriver.messageEcho()
      let (_, peer) = try bench.connect(driver)
      if cut > 0 { peer.send(Array(script[..<cut])) }
      bench.settle()
      if cut < script.count { peer.send(Array(script[cut...])) }
      bench.turn(until: {
        peer.read()
        return peer.received.count == script.count
      })
      #expect(peer.received == script, "cut at \(cut)")
      #expect(bench.loop.gauges.ownInputBytes == 0, "cut at \(cut)")
      peer.close()
      bench.turn(until: { driver.ended == 1 })
    }
    bench.finish()
  }
}
