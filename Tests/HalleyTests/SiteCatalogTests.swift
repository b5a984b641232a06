import Testing

@testable import SiteCatalogTool

@Suite("Catalog of sites")
struct SiteCatalogTests {
  @Test("The catalog lists the sites by name, whatever the order of the files")
  func catalog() throws {
    let files = [
      SiteFile(name: "Tracker.swift", text: "import Halley\n\nstruct Tracker: Site {\n}\n"),
      SiteFile(name: "Chat.swift", text: "public struct Chat : Site {}"),
    ]
    let source = try catalogSource(files: files, directory: "/srv/app/Sites")
    #expect(source == (try catalogSource(files: files.reversed(), directory: "/srv/app/Sites")))
    #expect(source.contains("sites: [Chat(), Tracker()], directory: \"/srv/app/Sites\")"))
    #expect(source.contains("import Halley\n"))
    #expect(source.contains("@main"))
  }

  @Test("No files make an empty catalog")
  func empty() throws {
    #expect(try catalogSource(files: [], directory: "/Sites").contains("sites: [],"))
  }

  @Test("A path is written as a literal that means the same path")
  func literals() throws {
    let source = try catalogSource(files: [], directory: "/a \"b\"/\\(c)/ü\n/Sites")
    #expect(source.contains(#"directory: "/a \"b\"/\\(c)/\u{fc}\u{a}/Sites""#))
  }

  @Test(
    "A file that cannot be a site is named, with the mend",
    arguments: [
      ("main.swift", "", "the entry point of Sites is generated; rename main.swift or remove it"),
      (
        "tracker.swift", "struct tracker: Site {}",
        "rename the file to an upper camel case type name such as 'Tracker.swift'"
      ),
      ("my-site.swift", "", "such as 'MySite.swift'"),
      ("Tracker+Model.swift", "extension Tracker {}", "such as 'TrackerModel.swift'"),
      ("9.swift", "", "such as 'MySite.swift'"),
      ("Überblick.swift", "struct Überblick: Site {}", "'Überblick' cannot name a site"),
      ("Tracker.swift", "struct Trackers: Site {}", "no 'struct Tracker: Site' in this file"),
      ("Tracker.swift", "", "or move the file into a sub-folder if it is no site"),
    ])
  func mistakes(name: String, text: String, sentence: String) throws {
    let error = try #require(throws: CatalogError.self) {
      try catalogSource(files: [SiteFile(name: name, text: text)], directory: "/srv/Sites")
    }
    #expect(error.file == "Sites/\(name)")
    #expect(error.description.contains(sentence))
    #expect(!error.description.contains("\n"))
  }
}
