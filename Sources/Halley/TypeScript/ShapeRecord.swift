/// What one value has asked its decoder for.
final class ShapeRecord {
  private enum Form { case nothing, single, keyed, unkeyed }

  private var form = Form.nothing
  private var fields: [TypeShape.Field] = []
  private var optional: Set<String> = []
  private var elements: [TypeShape] = []
  private var single = TypeShape.unknown
  private var isNullable = false
  private var isMixed = false
  /// It has asked which keys there are.
  var readsKeys = false
  /// It has asked how many elements there are.
  var readsCount = false

  private func take(_ new: Form) {
    if form != .nothing, form != new { isMixed = true }
    form = new
  }

  func beginKeyed() { take(.keyed) }
  func beginUnkeyed() { take(.unkeyed) }
  func setSingle(_ shape: TypeShape) {
    take(.single)
    single = shape
  }
  func setNullable() { isNullable = true }

  /// The member may be absent, whatever else is learnt of it.
  func mayBeAbsent(_ key: String) { optional.insert(key) }

  func add(_ key: String, _ shape: TypeShape) {
    if let index = fields.firstIndex(where: { $0.name == key }) {
      if fields[index].shape != shape { fields[index].shape = .unknown }
    } else {
      fields.append(TypeShape.Field(name: key, shape: shape))
    }
  }

  func append(_ shape: TypeShape) { elements.append(shape) }
  var count: Int { elements.count }

  /// - Throws: ``TypeBook/Underivable`` when what was asked for fits no one form.
  func shape(of type: String) throws -> TypeShape {
    if isMixed { throw TypeBook.Underivable(type: type, reason: "reads several forms") }
    if readsKeys { throw TypeBook.Underivable(type: type, reason: "decides by its keys what it holds") }
    switch form {
    case .nothing: return .unknown
    case .single: return isNullable ? .nullable(single) : single
    case .keyed:
      return .object(fields.map { .init(name: $0.name, shape: $0.shape, isOptional: optional.contains($0.name)) })
    case .unkeyed:
      guard readsCount else { return .tuple(elements) }
      return .array(Set(elements).count == 1 ? elements[0] : .unknown)
    }
  }
}
