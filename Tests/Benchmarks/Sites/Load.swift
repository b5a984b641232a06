import CLinux
import Halley

/// What the benchmarks drive: one route for each row of the table.
struct Load: Site {
  let messages = Channel("messages", history: .last(128))
  /// One for each policy, so that a reader that is stuck under one of them is nobody else's.
  let skipped = Channel("skipped", history: .last(128))
  let conflated = Channel("conflated", history: .last(128))
  let disconnected = Channel("disconnected", history: .last(128))

  var routes: Routes {
    Route("/echo").websocket(onMessage: { socket, message in socket.send(message) })
    Route("/async").websocket { socket in
      for try await message in socket { try await socket.send(message) }
    }
    Route("/messages", messages)
      .websocket(inbound: .publish)
      .sse()
      .longPoll(hold: .seconds(55))
      .publish()
    Route("/slow/skipAndResume", skipped).websocket(inbound: .publish).sse().backpressure(.skipAndResume)
    Route("/slow/conflate", conflated).websocket(inbound: .publish).sse().backpressure(.conflate(by: .key))
    Route("/slow/disconnect", disconnected).websocket(inbound: .publish).sse().backpressure(.disconnect)
    Get("/hello") { _ in .text("hello") }
    Get("/memory") { _ in .text(String(bench_bytes_in_use())) }
  }
}
