import Foundation

/// `SiteCatalogTool DIRECTORY OUTPUT FILE…`: writes the catalog of the sites in FILE… to OUTPUT.
@main
struct SiteCatalogTool {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count >= 2 else {
      report("usage: SiteCatalogTool DIRECTORY OUTPUT FILE…")
      exit(2)
    }
    let directory = arguments[arguments.startIndex]
    let output = arguments[arguments.startIndex + 1]
    do {
      let files = try arguments.dropFirst(2).map { path in
        SiteFile(
          name: URL(filePath: path).lastPathComponent, text: try String(contentsOfFile: path, encoding: .utf8))
      }
      let source = try catalogSource(files: files, directory: withoutTrailingSlash(directory))
      try source.write(toFile: output, atomically: true, encoding: .utf8)
    } catch let error as CatalogError {
      report("\(error.file): error: \(error)")
      exit(1)
    } catch {
      report("error: the catalog of sites cannot be written: \(error.localizedDescription)")
      exit(1)
    }
  }

  private static func withoutTrailingSlash(_ path: String) -> String {
    path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func report(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
