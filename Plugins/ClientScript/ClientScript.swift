import Foundation
import PackagePlugin

/// Embeds the browser client and the console into a target: what is in its folders `Client/Script` and `Client/Console`
/// becomes one Swift file.
///
/// Embedded as text rather than as a resource, so that a server in any package, started from any folder, has it.
@main
struct ClientScript: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target as? any SourceModuleTarget else { return [] }
    let files = try ["Script", "Console"].flatMap { name in
      try FileManager.default.contentsOfDirectory(
        at: module.directoryURL.appending(path: "Client/\(name)"), includingPropertiesForKeys: nil
      )
      .filter { ["js", "ts", "html", "css"].contains($0.pathExtension) }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
    let output = context.pluginWorkDirectoryURL.appending(path: "ClientText.swift")
    return [
      .buildCommand(
        displayName: "Embedding the browser client",
        executable: try context.tool(named: "ClientScriptTool").url,
        arguments: [output.path()] + files.map { $0.path() },
        inputFiles: files,
        outputFiles: [output])
    ]
  }
}
