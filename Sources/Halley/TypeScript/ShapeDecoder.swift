/// A decoder with nothing behind it: hands out made-up values and notes what was asked for.
struct ShapeDecoder: Decoder {
  let probe: TypeProbe
  let record: ShapeRecord
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedDecodingContainer<Key> {
    record.beginKeyed()
    return KeyedDecodingContainer(Keyed<Key>(probe: probe, record: record, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer {
    record.beginUnkeyed()
    return Unkeyed(probe: probe, record: record, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    Single(probe: probe, record: record, codingPath: codingPath)
  }
}

extension ShapeDecoder {
  private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: TypeProbe
    let record: ShapeRecord
    let codingPath: [any CodingKey]

    var allKeys: [Key] {
      record.readsKeys = true
      return []
    }

    func contains(_ key: Key) -> Bool {
      record.mayBeAbsent(key.stringValue)
      return true
    }

    func decodeNil(forKey key: Key) -> Bool {
      record.mayBeAbsent(key.stringValue)
      return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
      let found = try probe.explore(type)
      record.add(key.stringValue, found.shape)
      return found.value
    }

    /// No value is needed, so a type that holds itself in this way ends here.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value? {
      record.mayBeAbsent(key.stringValue)
      record.add(key.stringValue, probe.shape(of: type))
      return nil
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy _: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
      throw TypeBook.Underivable(type: "a nested container", reason: "is read by hand")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      throw TypeBook.Underivable(type: "a nested container", reason: "is read by hand")
    }

    func superDecoder() throws -> any Decoder {
      throw TypeBook.Underivable(type: "a class", reason: "decodes its superclass")
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try superDecoder() }
  }

  private struct Unkeyed: UnkeyedDecodingContainer {
    let probe: TypeProbe
    let record: ShapeRecord
    let codingPath: [any CodingKey]
    /// More elements than any type reads without end.
    private static let most = 64

    var count: Int? {
      record.readsCount = true
      return 1
    }

    var isAtEnd: Bool {
      record.readsCount = true
      return record.count > 0
    }

    var currentIndex: Int { record.count }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      guard record.count < Self.most else {
        throw TypeBook.Underivable(type: "a list", reason: "is read without end")
      }
      let found = try probe.explore(type)
      record.append(found.shape)
      return found.value
    }

    func nestedContainer<Nested: CodingKey>(keyedBy _: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
      throw TypeBook.Underivable(type: "a nested container", reason: "is read by hand")
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      throw TypeBook.Underivable(type: "a nested container", reason: "is read by hand")
    }

    func superDecoder() throws -> any Decoder {
      throw TypeBook.Underivable(type: "a class", reason: "decodes its superclass")
    }
  }

  private struct Single: SingleValueDecodingContainer {
    let probe: TypeProbe
    let record: ShapeRecord
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool {
      record.setNullable()
      return false
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      let found = try probe.explore(type)
      record.setSingle(found.shape)
      return found.value
    }
  }
}
