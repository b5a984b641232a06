import ArgumentParser

/// The command line of `halley`.
struct HalleyArguments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halley", abstract: "Realtime push on libevent: one declaration, every transport.",
    subcommands: [Serve.self, Routes.self, Types.self], defaultSubcommand: Serve.self)

  /// `halley serve`: serves the sites until SIGTERM or SIGINT.
  struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve the sites.",
      discussion: """
        SIGTERM and SIGINT stop gracefully, a second one at once; SIGHUP reads the file again, as a change of it does.
        Precedence: flag > environment > file > code > built-in.

        \(settings)
        """)

    @OptionGroup var shared: Shared
  }

  /// `halley routes`: prints what is declared and the settings in force.
  struct Routes: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print every route, its transports and the settings in force.", discussion: settings)

    @OptionGroup var shared: Shared
  }

  /// `halley types`: prints what typed channels carry, for pages written in TypeScript.
  struct Types: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the TypeScript declarations of all typed channels.", discussion: settings)

    @OptionGroup var shared: Shared
  }

  /// What all commands take.
  struct Shared: ParsableArguments {
    @Option(help: ArgumentHelp("Read this file instead of halley.yaml in the sites' folder.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The folder with Public and halley.yaml.", valueName: "directory"))
    var sites: String?

    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("Settings, as listed above.", valueName: "--key value"))
    var settings: [String] = []

    /// The sources of settings these flags ask for.
    func configuration(directory: String) -> ApplicationConfiguration {
      ApplicationConfiguration(
        file: config ?? "\(directory)/halley.yaml", fileIsRequired: config != nil, arguments: settings)
    }
  }

  private static var settings: String {
    """
    SETTINGS, each also a key of the file and a variable (--poll-hold, poll.hold, HALLEY_POLL_HOLD):
    \(SettingText.help)
    """
  }
}
