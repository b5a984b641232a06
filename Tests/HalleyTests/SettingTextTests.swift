import FoundationEssentials
import Testing

@testable import Halley

@Suite("Settings as text")
struct SettingTextTests {
  private static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sites/halley.yaml").path

  @Test("The file that ships is the table: every key as a comment, and only listen set")
  func file() throws {
    let text = try String(contentsOfFile: Self.shipped, encoding: .utf8)
    #expect(text == SettingText.file, "write SettingText.file to Sites/halley.yaml")
    let file = try ConfigurationFile(parsing: text, name: "halley.yaml")
    #expect(file.entries.map(\.path) == [["listen"]])
    for line in text.split(separator: "\n") { #expect(line.count <= 160, "\(line)") }
  }

  @Test("With every comment of a key taken away, the file sets every key to its built-in value")
  func uncommented() throws {
    let names = SettingTable.keys.map { "# \($0.name): " }
    let text = SettingText.file.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in names.contains { line.hasPrefix($0) } ? String(line.dropFirst(2)) : String(line) }
      .joined(separator: "\n")
    let sources = SettingSources(file: try ConfigurationFile(parsing: text, name: "halley.yaml"))
    #expect(sources.mistakesInFile(sites: []) == [])
    for key in SettingTable.keys {
      let value = try sources.value(of: key, at: .program)
      #expect(value.value == key.fallback, "\(key.name)")
      #expect(value.origin.hasPrefix("halley.yaml:"), "\(key.name)")
    }
  }

  @Test("Help names every flag with its default")
  func help() {
    let help = SettingText.help
    for key in SettingTable.keys { #expect(help.contains("  \(key.flag) <")) }
    #expect(help.contains("default 20s; 5s to 55s"))
    for line in help.split(separator: "\n") { #expect(line.count <= 76, "\(line)") }
  }
}
