internal import HalleyProtocols

/// What a subscriber reads, whatever carried it.
enum LabFrame {
  /// The beginning of a subscription or a poll's head: how the cursor was met, and where the client stands.
  case opening(word: String, reason: String?, cursor: [UInt8], channels: [String])
  case message(LabMessage)
  /// Nothing visible up to here.
  case cursor([UInt8])
  /// Come back after so many milliseconds.
  case move(retry: Int)
  /// A poll's answer is complete: the position after it, whether more is ready, and the time to wait.
  case answered(cursor: [UInt8], more: Bool, retry: Int)
  case heartbeat
  /// To be answered by a pong with the same payload.
  case ping([UInt8])
  /// Nothing that the contract allows.
  case malformed(String)
}

/// A message as it was read.
struct LabMessage {
  /// nil where the transport carries none, or it is missing.
  var id: [UInt8]?
  /// The position after it, if it is not the id.
  var cursor: [UInt8]?
  var body: Body

  enum Body {
    /// A JSON value; with base64, a string that stands for bytes.
    case value([UInt8], isBase64: Bool)
    /// Payload alone.
    case payload([UInt8])
    /// The data of an event stream, whose line ends are all LF.
    case lines([UInt8])
  }
}

extension LabFrame {
  /// Reads a frame, or the object that answers a poll, which gives several.
  static func read(_ json: ArraySlice<UInt8>, into frames: inout [LabFrame]) {
    let bytes = Array(json)
    guard let minified = JSONText.minify(bytes), minified == bytes, let members = JSONText.members(minified) else {
      return frames.append(
        .malformed("not a compact JSON object: \(String(decoding: bytes.prefix(80), as: UTF8.self))"))
    }
    let object = LabObject(members: members)
    switch object.text("type") {
    case "message": frames.append(.message(object.message))
    case "heartbeat": frames.append(.heartbeat)
    case "cursor": frames.append(.cursor(object.bytes("cursor") ?? []))
    case "move": frames.append(.move(retry: object.number("retry") ?? 0))
    case "welcome":
      frames.append(
        .opening(word: object.text("resume") ?? "", reason: nil, cursor: object.bytes("cursor") ?? [], channels: []))
    case "reset":
      frames.append(
        .opening(
          word: "reset", reason: object.text("reason"), cursor: object.bytes("cursor") ?? [],
          channels: object.texts("channels")))
    case nil: readAnswer(object, into: &frames)
    case .some(let type): frames.append(.malformed("frame of type \(type)"))
    }
  }

  private static func readAnswer(_ object: LabObject, into frames: inout [LabFrame]) {
    guard let word = object.text("resume"), let cursor = object.bytes("cursor"), let list = object.raw("messages")
    else {
      return frames.append(.malformed("an answer without resume, cursor or messages"))
    }
    frames.append(
      .opening(word: word, reason: object.text("reason"), cursor: cursor, channels: object.texts("channels")))
    for element in LabObject.elements(list) {
      guard let members = JSONText.members(Array(element)) else {
        return frames.append(.malformed("a message that is no object"))
      }
      frames.append(.message(LabObject(members: members).message))
    }
    frames.append(
      .answered(
        cursor: cursor, more: object.raw("more")?.first == UInt8(ascii: "t"), retry: object.number("retry") ?? 0))
  }
}

/// The members of a JSON object by name.
struct LabObject {
  let members: [(name: [UInt8], value: ArraySlice<UInt8>)]

  func raw(_ name: StaticString) -> ArraySlice<UInt8>? {
    for member in members
    where member.name.count == name.utf8CodeUnitCount
      && member.name.withUnsafeBufferPointer({ memoryMatches($0, name) })
    { return member.value }
    return nil
  }

  private func memoryMatches(_ bytes: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
    for index in 0..<bytes.count where bytes[index] != name.utf8Start[index] { return false }
    return true
  }

  func bytes(_ name: StaticString) -> [UInt8]? { raw(name).flatMap { JSONText.string($0) } }
  func text(_ name: StaticString) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }
  func number(_ name: StaticString) -> Int? { raw(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) } }

  func texts(_ name: StaticString) -> [String] {
    raw(name).map { Self.elements($0).compactMap { JSONText.string($0).map { String(decoding: $0, as: UTF8.self) } } }
      ?? []
  }

  var message: LabMessage {
    LabMessage(
      id: bytes("id"), cursor: bytes("cursor"),
      body: .value(Array(raw("data") ?? []), isBase64: text("encoding") == "base64"))
  }

  /// The elements of a minified array.
  static func elements(_ array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    guard array.count > 2 else { return [] }
    var found: [ArraySlice<UInt8>] = []
    var depth = 0
    var inString = false
    var from = array.startIndex + 1
    var at = from
    let end = array.endIndex - 1
    while at < end {
      let byte = array[at]
      if inString {
        if byte == 0x5C { at += 1 } else if byte == 0x22 { inString = false }
      } else {
        switch byte {
        case 0x22: inString = true
        case 0x7B, 0x5B: depth += 1
        case 0x7D, 0x5D: depth -= 1
        case 0x2C where depth == 0:
          found.append(array[from..<at])
          from = at + 1
        default: break
        }
      }
      at += 1
    }
    found.append(array[from..<end])
    return found
  }
}
