import FoundationEssentials
import HTTPTypes
import HalleyServer
import Testing

@testable import Halley

@Suite("Values as JSON")
struct JSONTests {
  private struct Position: Codable, Equatable {
    var user: String
    var lat: Double
  }

  @Test("A value is published as JSON; what cannot be encoded is refused and stores nothing")
  func publish() async throws {
    let channel = Channel("json")
    let id = try await channel.publish(json: Position(user: "u7", lat: 48.5))
    #expect(id.offset == 1)
    let error = await #expect(throws: PublishError.self) { try await channel.publish(json: Double.nan) }
    guard case .invalid(let reason) = error else {
      Issue.record("refused as invalid, not \(String(describing: error))")
      return
    }
    #expect(reason.contains("Double"))
    #expect(await channel.cursor == id.description)
  }

  @Test("A body is decoded, a value is answered")
  func bodies() throws {
    let position = Position(user: "u7", lat: 48.5)
    let response = try Response.json(position, status: .created)
    #expect(response.status == .created)
    #expect(response.headerFields[.contentType] == "application/json; charset=utf-8")
    guard case .bytes(let body) = response.body.storage else {
      Issue.record("the body is bytes")
      return
    }
    var request = Request(
      method: .post, path: "/", absolutePath: "/", query: .init(), fields: .none, body: body, parameters: [:],
      authority: "localhost", peer: "127.0.0.1")
    #expect(try request.decode(Position.self) == position)
    request.body = Array("{".utf8)
    #expect(throws: DecodingError.self) { try request.decode(Position.self) }
  }
}
