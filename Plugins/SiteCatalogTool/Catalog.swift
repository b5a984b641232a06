/// One Swift file at the top of a folder of sites.
struct SiteFile: Equatable {
  /// The file's name, `Tracker.swift`.
  var name: String
  /// Its text.
  var text: String
}

/// Why no catalog can be written; one sentence that names the file and the mend.
struct CatalogError: Error, Equatable, CustomStringConvertible {
  /// The offending file, `Sites/tracker.swift`.
  var file: String
  var description: String
}

/// Writes the Swift source of the catalog and of the program's entry point.
///
/// - Parameters:
///   - files: the files at the top of the folder, in any order.
///   - directory: the folder's absolute path; the program finds `Public` and `halley.yaml` in it.
/// - Returns: the source of one file, the same for the same input whatever the order.
/// - Throws: ``CatalogError`` for the first file, by name, that cannot be a site.
func catalogSource(files: [SiteFile], directory: String) throws(CatalogError) -> String {
  let folder = directory.split(separator: "/").last.map(String.init) ?? "Sites"
  var sites: [String] = []
  for file in files.sorted(by: { $0.name < $1.name }) {
    sites.append(try siteName(of: file, folder: folder))
  }
  return """
    // Written by the SiteCatalog plugin from the names of the files in \(folder).
    import Halley

    @main
    enum HalleyMain {
      static func main() async {
        await HalleyCommand.run(sites: [\(sites.map { "\($0)()" }.joined(separator: ", "))], directory: \(literal(directory)))
      }
    }

    """
}

private func siteName(of file: SiteFile, folder: String) throws(CatalogError) -> String {
  let path = "\(folder)/\(file.name)"
  let name = String(file.name.dropLast(".swift".count))
  guard file.name != "main.swift" else {
    throw CatalogError(
      file: path, description: "the entry point of \(folder) is generated; rename main.swift or remove it")
  }
  guard isTypeName(name) else {
    throw CatalogError(
      file: path,
      description: "'\(name)' cannot name a site; rename the file to an upper camel case type name such as "
        + "'\(suggestion(for: name)).swift', or move it into a sub-folder if it is no site")
  }
  guard declares(type: name, in: file.text) else {
    throw CatalogError(
      file: path,
      description: "no 'struct \(name): Site' in this file; declare it, rename the file after its site, or move "
        + "the file into a sub-folder if it is no site")
  }
  return name
}

/// Whether `name` is an upper-case ASCII letter followed by ASCII letters, digits and underscores.
private func isTypeName(_ name: String) -> Bool {
  guard let first = name.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first else { return false }
  return name.utf8.allSatisfy(isNameByte)
}

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: false
  }
}

/// `my-site` becomes `MySite`; what nothing can be made of becomes `MySite` too.
private func suggestion(for name: String) -> String {
  let words = name.utf8.split { !isNameByte($0) || $0 == UInt8(ascii: "_") }
    .map { word in String(decoding: word, as: UTF8.self) }
  let joined = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  return isTypeName(joined) ? joined : "MySite"
}

/// Whether the text declares a struct of that name.
///
/// A look at the words is enough: if a comment fools it, the compiler reports the missing type in the catalog.
private func declares(type name: String, in text: String) -> Bool {
  let words = text.utf8.split { !isNameByte($0) }
  return zip(words, words.dropFirst()).contains { $0.elementsEqual("struct".utf8) && $1.elementsEqual(name.utf8) }
}

/// A Swift string literal for any path.
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
