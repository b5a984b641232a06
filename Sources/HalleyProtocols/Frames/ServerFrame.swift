/// The JSON objects that every framed transport speaks (delivery contract §6), members in the order of the contract.
public enum ServerFrame: Sendable, Hashable {
  /// How a cursor was met, where the client stands, how many messages are replayed, and the heartbeat, milliseconds.
  case welcome(resume: String, cursor: String, replay: Int?, heartbeat: Int)
  /// Nothing old can be given; live from this cursor. `channels` names those of several channels that are affected.
  case reset(reason: String, cursor: String, heartbeat: Int, channels: [String] = [])
  /// Nothing visible up to here.
  case cursor(String)
  /// A sign of life.
  case heartbeat
  /// Whether messages arrive as they are published: `degraded` while the broker cannot be reached, then `live`.
  case status(delivery: String)
  /// This answer ends; come back after `retry` milliseconds.
  case move(reason: String, retry: Int)
  /// A publish was appended. `ref` is the client's own JSON text.
  case ack(ref: [UInt8], id: String, duplicate: Bool)
  /// A request was refused; the connection lives.
  case error(ref: [UInt8]?, code: String)

  /// The event name of the frame in a plain event stream; nil for those that have none there.
  public var eventName: String? {
    switch self {
    case .welcome: "halley.welcome"
    case .reset: "halley.reset"
    case .status: "halley.status"
    case .move: "halley.move"
    case .cursor, .heartbeat, .ack, .error: nil
    }
  }

  /// The compact JSON text.
  public var json: [UInt8] {
    switch self {
    case .welcome(let resume, let cursor, let replay, let heartbeat):
      let replayed = replay.map { #","replay":\#($0)"# } ?? ""
      return Array(
        #"{"type":"welcome","resume":"\#(resume)","cursor":"\#(cursor)"\#(replayed),"heartbeat":\#(heartbeat)}"#.utf8)
    case .reset(let reason, let cursor, let heartbeat, let channels):
      let named = channels.isEmpty ? "" : #","channels":\#(Self.list(channels))"#
      return Array(
        #"{"type":"reset","reason":"\#(reason)","cursor":"\#(cursor)","heartbeat":\#(heartbeat)\#(named)}"#.utf8)
    case .cursor(let cursor): return Array(#"{"type":"cursor","cursor":"\#(cursor)"}"#.utf8)
    case .heartbeat: return Array(#"{"type":"heartbeat"}"#.utf8)
    case .status(let delivery): return Array(#"{"type":"status","delivery":"\#(delivery)"}"#.utf8)
    case .move(let reason, let retry): return Array(#"{"type":"move","reason":"\#(reason)","retry":\#(retry)}"#.utf8)
    case .ack(let ref, let id, let duplicate):
      return Array(#"{"type":"ack","ref":"#.utf8) + JSONString.encode(ref)
        + Array(#","id":"\#(id)"\#(duplicate ? #","duplicate":true"# : "")}"#.utf8)
    case .error(let ref, let code):
      let named = ref.map { Array(#""ref":"#.utf8) + JSONString.encode($0) + [0x2C] } ?? []
      return Array(#"{"type":"error","#.utf8) + named + Array(#""error":"\#(code)"}"#.utf8)
    }
  }

  /// A JSON list of channel names, which have nothing to escape.
  public static func list(_ names: [String]) -> String {
    "[" + names.map { #""\#($0)""# }.joined(separator: ",") + "]"
  }
}
