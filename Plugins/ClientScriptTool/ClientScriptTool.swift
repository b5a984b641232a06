import Foundation

/// `ClientScriptTool OUTPUT FILE…`: puts the browser client together from its files and writes it as Swift to OUTPUT,
/// with the files of a folder `Console` as they are.
@main
struct ClientScriptTool {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard let output = arguments.first else {
      report("usage: ClientScriptTool OUTPUT FILE…")
      exit(2)
    }
    do {
      var files: [ScriptFile] = []
      var console: [ScriptFile] = []
      for path in arguments.dropFirst() {
        let url = URL(filePath: path)
        let file = ScriptFile(
          name: url.lastPathComponent, text: try String(contentsOfFile: path, encoding: .utf8))
        if url.deletingLastPathComponent().lastPathComponent == "Console" {
          console.append(file)
        } else {
          files.append(file)
        }
      }
      let script = try bundle(files.filter { $0.name.hasSuffix(".js") }, entry: "halley.js")
      let declarations = files.first { $0.name == "halley.d.ts" }?.text ?? ""
      try clientSource(script: script, declarations: declarations, console: console)
        .write(toFile: output, atomically: true, encoding: .utf8)
    } catch let error as BundleError {
      report("error: the browser client: \(error)")
      exit(1)
    } catch {
      report("error: the browser client cannot be written: \(error.localizedDescription)")
      exit(1)
    }
  }

  private static func report(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}
