import PackagePlugin

/// Writes the catalog of sites for a target: every Swift file at the top of the target's folder is a site.
///
/// The tool does the work, so that a mistake in a file's name is reported like a compiler's error.
@main
struct SiteCatalog: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target as? any SourceModuleTarget else { return [] }
    let directory = module.directoryURL
    let sites = module.sourceFiles(withSuffix: ".swift").map(\.url)
      .filter { $0.deletingLastPathComponent().standardizedFileURL == directory.standardizedFileURL }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    let catalog = context.pluginWorkDirectoryURL.appending(path: "SiteCatalog.swift")
    return [
      .buildCommand(
        displayName: "Writing the catalog of \(sites.count) sites",
        executable: try context.tool(named: "SiteCatalogTool").url,
        arguments: [directory.path(), catalog.path()] + sites.map { $0.path() },
        inputFiles: sites,
        outputFiles: [catalog])
    ]
  }
}
