import HTTPTypes

/// Sends a file answer: what is small is read and sent in one piece, of the rest the kernel sends each part by itself.
struct FileReply {
  let exchange: HTTPExchange
  let answer: FileAnswer
  /// Fields that the route's CORS decision adds.
  let fields: [(String, String)]

  func start() {
    if answer.status == 404 { return Answer.refuse(exchange, 404, "not_found", fields) }
    var all = answer.fields
    all.append(contentsOf: HTTPFields(fields))
    guard var body = answer.body else {
      return exchange.reply(status: answer.status, fields: all, length: answer.length)
    }
    if body.length <= FileBody.step {
      do {
        var bytes: [UInt8] = []
        while let piece = try body.takeNext() { bytes += piece }
        exchange.reply(status: answer.status, fields: all, body: bytes)
      } catch {
        exchange.abort()
      }
    } else {
      exchange.beginStream(status: answer.status, fields: all, length: body.length)
      send(body)
    }
  }

  /// Half a file must not look like a whole one: a file that has become shorter ends the connection.
  private func send(_ body: FileBody) {
    guard exchange.isOpen else { return }
    var rest = body
    let piece = rest.takePiece()
    let next = rest
    switch piece {
    case .bytes(let bytes): exchange.write(bytes) { send(next) }
    case .file(let range): exchange.write(body.file, range) { send(next) }
    case nil: exchange.end()
    }
  }
}

extension HTTPFields {
  /// Fields from constant pairs.
  init(_ pairs: [(String, String)]) {
    self.init()
    for (name, value) in pairs {
      if let name = HTTPField.Name(name) { append(HTTPField(name: name, value: value)) }
    }
  }
}
