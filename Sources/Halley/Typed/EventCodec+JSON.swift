import FoundationEssentials
import HalleyChannels

extension EventCodec {
  /// JSON as the standard encoder writes it: absent members for nil, base64 for data, dates as asked for.
  init(dates: DateForm) {
    let encoder = dates.encoder
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy =
      switch dates {
      case .milliseconds: .millisecondsSince1970
      case .seconds: .secondsSince1970
      case .iso8601: .iso8601
      }
    self.init(
      dates: dates, encode: { Array(try encoder.encode($0)) },
      decode: { try decoder.decode(Event.self, from: Data($0)) })
  }
}

extension DateForm {
  /// A JSON encoder that writes dates so.
  var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy =
      switch self {
      case .milliseconds: .millisecondsSince1970
      case .seconds: .secondsSince1970
      case .iso8601: .iso8601
      }
    return encoder
  }
}
