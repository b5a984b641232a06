import ArgumentParser
import FoundationEssentials
import Glibc
import HalleyServer
import ServiceLifecycle
import UnixSignals

/// The `halley` command: serves a list of sites, or prints what they declare.
public enum HalleyCommand {
  /// Runs the command with the process's arguments; ends the process when it fails or is asked for help.
  ///
  /// - Parameters:
  ///   - sites: what to serve.
  ///   - directory: the folder with `Public` and `halley.yaml`; `--sites` overrides it.
  public static func run(sites: [any Site], directory: String) async {
    do {
      signal(SIGPIPE, SIG_IGN)
      switch try HalleyArguments.parseAsRoot() {
      case let serve as HalleyArguments.Serve:
        try await self.serve(try application(sites, directory, serve.shared))
      case let routes as HalleyArguments.Routes:
        print(try application(sites, directory, routes.shared).routingTable)
      case let types as HalleyArguments.Types:
        print(try application(sites, directory, types.shared).typeDeclarations, terminator: "")
      case var other: try other.run()
      }
    } catch let error as StartError {
      var terminal = Terminal(descriptor: STDERR_FILENO)
      for mistake in error.mistakes { print("halley: \(mistake)", to: &terminal) }
      exit(1)
    } catch {
      HalleyArguments.exit(withError: error)
    }
  }

  /// Serves until SIGTERM or SIGINT; the second of them ends the process at once. SIGHUP reloads.
  private static func serve(_ application: Application) async throws {
    ProcessMemory.returnLargeBlocks()
    LibraryLog.install(application.logger)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    let group = ServiceGroup(services: [Foreground(application: application)], logger: application.logger)
    let watch = Task {
      var isStopping = false
      for await signal in signals {
        if signal == .sighup {
          application.reload()
        } else if isStopping {
          exit(130)
        } else {
          isStopping = true
          await group.triggerGracefulShutdown()
        }
      }
    }
    defer { watch.cancel() }
    try await group.run()
  }

  /// The application as the command runs it: its addresses go to the terminal.
  private struct Foreground: Service {
    let application: Application

    func run() async throws {
      try await application.run { addresses in
        var terminal = Terminal(descriptor: STDOUT_FILENO)
        print("Halley serves, until Ctrl-C:", to: &terminal)
        for address in addresses { print("  \(address)", to: &terminal) }
      }
    }
  }

  private static func application(
    _ sites: [any Site], _ directory: String, _ shared: HalleyArguments.Shared
  ) throws -> Application {
    let directory = shared.sites ?? directory
    return try Application(
      sites: sites, directory: directory, configuration: shared.configuration(directory: directory))
  }
}

/// What is said to the person at the terminal, at once and whole lines at a time.
private struct Terminal: TextOutputStream {
  let descriptor: Int32

  mutating func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in _ = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
  }
}
