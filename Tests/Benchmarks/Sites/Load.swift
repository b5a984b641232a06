import CLinux
import Halley

/// What the benchmarks drive: one route for each row of the table.
struct Load: Site {
  let messages = Channel("messages", history: .last(128))

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
    Get("/hello") { _ in .text("hello") }
    Get("/memory") { _ in .text(String(bench_bytes_in_use())) }
  }
}
