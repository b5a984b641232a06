import FoundationEssentials
package import HalleyChannels
import HalleyServer
public import Logging
import Synchronization

/// Sites, checked and ready to be served: what the `halley` command runs, and what a Swift program runs as a service.
///
/// ```swift
/// let application = try Application(sites: [Tracker(), Chat()], directory: "/srv/app/Sites")
/// try await ServiceGroup(services: [application], gracefulShutdownSignals: [.sigterm], logger: logger).run()
/// ```
///
/// It installs no signal handler and ends no process; the program around it decides.
public final class Application: Sendable {
  let sites: [any Site]
  let configuration: ApplicationConfiguration
  let logger: Logger
  /// Behind every channel, if it is another one than the channels' own.
  let broker: (any Broker)?
  let program: Mutex<ProgramPlan>
  let running = Mutex<RunningServer?>(nil)
  /// One reload at a time.
  let reloading = Mutex<Void>(())

  /// Plans the sites: reads their routes once, checks everything, listens to nothing yet.
  ///
  /// - Parameters:
  ///   - sites: what to serve.
  ///   - directory: the folder that holds `Public`, whose sub-folders `Files` names.
  ///   - configuration: where settings come from besides the code. Default: the environment alone.
  ///   - logger: where the log goes.
  /// - Throws: ``StartError`` with every mistake in declarations, flags, environment and file.
  public convenience init(
    sites: [any Site], directory: String, configuration: ApplicationConfiguration = ApplicationConfiguration(),
    logger: Logger = Logger(label: "halley")
  ) throws(StartError) {
    try self.init(sites: sites, directory: directory, configuration: configuration, logger: logger, broker: nil)
  }

  /// The same with a broker, which is put behind every channel when the application runs and stays there.
  ///
  /// - Parameter broker: nil leaves the channels as they are, each with its log in memory.
  package init(
    sites: [any Site], directory: String, configuration: ApplicationConfiguration, logger: Logger,
    broker: (any Broker)?
  ) throws(StartError) {
    self.sites = sites
    self.broker = broker
    self.configuration = configuration
    self.logger = logger
    let sources = try configuration.read()
    program = Mutex(try SitePlanner(sites: sites, directory: directory, sources: sources).plan())
    for note in program.withLock({ $0.feeds.notes }) { logger.notice("\(note)") }
    for name in SettingFlags.unknownVariables(in: configuration.environment) {
      logger.warning("\(name) begins like a setting but is none")
    }
  }

  /// What `halley types` prints: TypeScript declarations of what typed channels carry, and a map from each route's path
  /// to its type. The server serves the same at `/_halley/channels.d.ts`.
  public var typeDeclarations: String { program.withLock { $0.feeds.text } }

  /// What `halley routes` prints: every route, its transports, and every setting with its origin.
  public var routingTable: String {
    let program = program.withLock { $0 }
    return RouteTable.text(program) + "\nSettings\n" + RouteTable.settings(program)
  }
}
