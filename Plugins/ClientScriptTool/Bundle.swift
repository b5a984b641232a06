/// One file of the browser client.
struct ScriptFile: Equatable {
  /// The file's name, `cursor.js`.
  var name: String
  /// Its text.
  var text: String
}

/// Why the client cannot be put together; one sentence that names the file.
struct BundleError: Error, Equatable, CustomStringConvertible {
  var description: String
}

/// Joins ES modules of one folder to one script without `import` and `export`: each file after those it imports.
///
/// The files share one scope then, so a name may be declared at the top of one file only. Imports are whole lines of
/// the form `import { a, b } from "./file.js";`, exports are put before the declaration.
///
/// - Parameters:
///   - files: all files, in any order.
///   - entry: the name of the file to begin with; what it does not reach is an error.
/// - Returns: the script, packed by ``packed(_:)``, with the private names of classes shortened by ``shortened(_:)``.
/// - Throws: ``BundleError`` for a file that is missing, left over or imports in a circle.
func bundle(_ files: [ScriptFile], entry: String) throws(BundleError) -> String {
  var script = ""
  var done: Set<String> = []
  var open: Set<String> = []

  func add(_ name: String) throws(BundleError) {
    if done.contains(name) { return }
    guard let file = files.first(where: { $0.name == name }) else {
      throw BundleError(description: "\(name) is imported, but there is no such file")
    }
    guard open.insert(name).inserted else { throw BundleError(description: "\(name) imports itself in a circle") }
    let lines = file.text.split(separator: "\n")
    for line in lines { if let imported = importedFile(line) { try add(imported) } }
    let own = lines.filter { importedFile($0) == nil && !isExportList($0) }
      .map { $0.hasPrefix("export ") ? $0.dropFirst("export ".count) : $0 }
    script += shortened(packed(own.joined(separator: "\n")))
    done.insert(name)
  }

  try add(entry)
  if let left = files.first(where: { !done.contains($0.name) }) {
    throw BundleError(description: "\(left.name) is not imported by any file")
  }
  return script
}

/// `./cursor.js` of `import { Cursor } from "./cursor.js";`, without the dot and the slash.
private func importedFile(_ line: Substring) -> String? {
  guard line.hasPrefix("import "), let end = line.range(of: "\";", before: line.endIndex),
    let start = line.range(of: "\"./", before: end.lowerBound)
  else { return nil }
  return String(line[start.upperBound..<end.lowerBound])
}

private func isExportList(_ line: Substring) -> Bool {
  line.hasPrefix("export {") || line.hasPrefix("export default ")
}

extension Substring {
  fileprivate func range(of text: String, before limit: Index) -> Range<Index>? {
    var start = startIndex
    while start < limit {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}

/// Takes out what only people need: lines that are comments, indentation, and spaces and line ends beside punctuation.
///
/// It knows strings and templates but no grammar, so the script keeps to a few habits: comments have lines of their own,
/// every statement ends with a semicolon or a brace, no string or template spans lines or holds another template, and no
/// regular expression holds a quote, a space or a brace.
func packed(_ script: String) -> String {
  var result: [UInt8] = []
  for line in script.utf8.split(separator: UInt8(ascii: "\n")) { pack(line, onto: &result) }
  return String(decoding: result, as: UTF8.self)
}

private func pack(_ line: Substring.UTF8View, onto result: inout [UInt8]) {
  let space = UInt8(ascii: " ")
  let words = line.drop { $0 == space }
  if words.starts(with: "//".utf8) { return }
  var quote: UInt8?
  var isEscaped = false
  // The line end before this line is a space, too.
  var isApart = true
  for byte in words {
    if let open = quote {
      result.append(byte)
      if !isEscaped, byte == open { quote = nil }
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
    } else if byte == space {
      isApart = true
    } else {
      if let last = result.last {
        if isApart, separates(last, byte) { result.append(space) }
        if byte == UInt8(ascii: "}"), last == UInt8(ascii: ";") || last == UInt8(ascii: ",") { result.removeLast() }
      }
      isApart = false
      if "\"'`".utf8.contains(byte) { quote = byte }
      result.append(byte)
    }
  }
}

/// Whether a space between two bytes means something: between words, and between signs that would become `++`.
private func separates(_ left: UInt8, _ right: UInt8) -> Bool {
  let signs = "+-".utf8
  return isNameByte(left) && isNameByte(right) || signs.contains(left) && signs.contains(right)
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "#"):
    true
  default: byte >= 0x80
  }
}

/// Gives the private names of one file's class one or two letters, the shortest to the most frequent. A `#` means nothing
/// else in JavaScript outside of strings, and the client's strings have none.
func shortened(_ script: String) -> String {
  var pieces = script.split(separator: "#", omittingEmptySubsequences: false).map { Array($0.utf8) }
  let head = pieces.removeFirst()
  let names = pieces.map { piece in String(decoding: piece.prefix { isNameByte($0) }, as: UTF8.self) }
  let counts = Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
  let ranked = counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }
  let letters = Array("abcdefghijklmnopqrstuvwxyz")
  var short: [String: String] = [:]
  for (rank, name) in ranked.enumerated() {
    let last = String(letters[rank % letters.count])
    short[name] = rank < letters.count ? last : String(letters[rank / letters.count - 1]) + last
  }
  var result = head
  for (name, piece) in zip(names, pieces) {
    result += Array("#\(short[name] ?? name)".utf8) + piece.dropFirst(name.utf8.count)
  }
  return String(decoding: result, as: UTF8.self)
}

/// The Swift source that holds the client, and the files of the console by name.
func clientSource(script: String, declarations: String, console: [ScriptFile]) -> String {
  let entries = console.map { "\(literal($0.name)): \(literal($0.text))" }.joined(separator: ", ")
  return """
    // Written by the ClientScript plugin from the files in Client/Script and Client/Console.
    enum ClientText {
      static let script = \(literal(script))
      static let declarations = \(literal(declarations))
      static let console: [String: String] = \(console.isEmpty ? "[:]" : "[\(entries)]")
    }

    """
}

/// A Swift string literal for any text.
private func literal(_ string: String) -> String {
  var literal = "\""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\"", "\\": literal += "\\\(scalar)"
    case " "..."~": literal.unicodeScalars.append(scalar)
    default: literal += "\\u{\(String(scalar.value, radix: 16))}"
    }
  }
  return literal + "\""
}
