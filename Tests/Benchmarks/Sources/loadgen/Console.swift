import Glibc

/// Orders from standard input, one a line: `go COUNT`, `quit`. The end of input is `quit`.
final class Console {
  /// The index under which standard input is watched.
  static let index = UInt32.max

  private var text: [UInt8] = []
  private var orders: [Order] = []

  enum Order: Equatable {
    case go(Int)
    case quit
  }

  var hasOrder: Bool { !orders.isEmpty }

  func next() -> Order { orders.isEmpty ? .quit : orders.removeFirst() }

  func watch(_ poller: Poller) throws { try poller.add(0, index: Console.index) }

  func readable() {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(0, &bytes, bytes.count)
    if count <= 0 {
      if orders.last != .quit { orders.append(.quit) }
      return
    }
    text += bytes[..<count]
    while let end = text.firstIndex(of: UInt8(ascii: "\n")) {
      let words = String(decoding: text[..<end], as: UTF8.self).split(separator: " ")
      text.removeSubrange(...end)
      if words.count == 2, words[0] == "go", let count = Int(words[1]), count > 0 {
        orders.append(.go(count))
      } else {
        orders.append(.quit)
      }
    }
  }

  /// Prints a line at once.
  static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
