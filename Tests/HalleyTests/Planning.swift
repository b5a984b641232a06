import FoundationEssentials
import HalleyServer

@testable import Halley

/// Plans sites against a folder of its own with `Public/pages` in it.
func plan(_ sites: [any Site], sources: SettingSources = SettingSources()) throws -> ProgramPlan {
  let directory = FileManager.default.temporaryDirectory.appending(path: "halley-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(
    at: directory.appending(path: "Public/pages"), withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try SitePlanner(sites: sites, directory: directory.path, sources: sources).plan()
}

/// The lines that stop the start of sites, without the folder they were planned in.
func mistakes(_ sites: [any Site], sources: SettingSources = SettingSources()) throws -> [String] {
  do {
    _ = try plan(sites, sources: sources)
    return []
  } catch let error as StartError {
    return error.mistakes.map(\.description)
  }
}

/// A site whose routes are given by a test.
struct Sample: Site {
  var mount = "/sample/"
  var hosts: [String] = []
  var declared: @Sendable () -> Routes

  init(mount: String = "/sample/", hosts: [String] = [], @RoutesBuilder _ routes: @escaping @Sendable () -> Routes) {
    self.mount = mount
    self.hosts = hosts
    declared = routes
  }

  var routes: Routes { declared() }
}

func answer(_: Request) async throws -> Response { .text("") }
