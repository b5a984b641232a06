import HalleyTesting
import Testing

@testable import Halley
@testable import HalleyChannels

/// Clients that stay until the server has ended. A handler speaks for the first of them.
private final class Clients: @unchecked Sendable {
  // Sendable: the test fills it before the server ends, and the handler looks into it after that.
  var all: [RawClient] = []
}

private struct Room: Site {
  let room = Channel("room")
  let clients = Clients()
  let handler = AsyncStream.makeStream(of: Void.self)

  var routes: Routes {
    Route("/room", room).websocket(inbound: .publish(as: .json)).longPoll()
    Get("/busy") { _ in
      // Until the handler is watched, so that it is cancelled.
      try await Task.sleep(for: .milliseconds(200))
      handler.continuation.yield()
      // In every turn of the loop: the job that ends the server ends this request, and this goes on in the same turn.
      while !Task.isCancelled { await Task.yield() }
      clients.all.first?.sendFrame(#"{"type":"hello"}"#)
      return .text("")
    }
  }
}

@Suite("How long a loop holds on to a channel", .timeLimit(.minutes(1)))
struct FeedLifeTests {
  @Test("Sockets that are still closing when their channel was let go do not end the hold of who comes then")
  func late() async throws {
    let site = Room()
    try await serving([site]) { port in
      let closing = try (0..<2).map { _ in try RawClient.webSocket("/room/room", port: port) }
      for client in closing {
        client.sendFrame("no JSON")
        #expect(try client.receiveFrame().first == 0x88)
      }
      try until { try health(port).feeds == 0 }
      let next = try RawClient.webSocket("/room/room", port: port)
      #expect(try health(port).feeds == 1)
      closing[0].close()
      try until { try health(port).webSockets == 2 }
      // Longer than a loop waits until it lets go of what nobody uses.
      try await Task.sleep(for: .milliseconds(600))
      #expect(try health(port).feeds == 1)
      try await site.room.publish("1")
      #expect(try next.receiveFrame().payload == Array("1".utf8))
    }
    #expect(site.room.log.sinkCount == 0)
  }

  @Test("What comes while the server ends leaves nothing behind in a channel")
  func ending() async throws {
    let site = Room()
    try await serving([site]) { port in
      site.clients.all.append(try RawClient.webSocket("/room/room", port: port, subprotocol: "halley.v1"))
      let busy = try RawClient(port: port)
      site.clients.all.append(busy)
      busy.send("GET /room/busy HTTP/1.1\r\nHost: localhost\r\n\r\n")
      for await _ in site.handler.stream { break }
    }
    #expect(site.room.log.sinkCount == 0)
  }
}
