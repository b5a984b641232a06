import FoundationEssentials
import HalleyServer
import Logging
public import ServiceLifecycle

extension Application: Service {
  /// Serves until the service group shuts down or the task is cancelled, then ends all connections and returns.
  ///
  /// A graceful shutdown drains first: nobody is accepted any more, every client is told when to come back, requests in
  /// work are finished; what is left after `drain.window` is closed. A cancelled task ends everything at once.
  ///
  /// - Throws: ``StartError`` when the address cannot be bound.
  public func run() async throws {
    try await run { [logger] addresses in
      for address in addresses { logger.info("serving \(address)") }
    }
  }

  /// Serves as ``run()`` does.
  ///
  /// - Parameter listening: called once connections are accepted, with a line for each site: its name and its URL.
  public func run(listening: @Sendable ([String]) -> Void) async throws {
    let server = try RunningServer(program.withLock { $0 }, broker: broker, logger: logger)
    running.withLock { $0 = server }
    listening(server.addresses)
    await withTaskGroup(of: Void.self) { group in
      for site in sites { group.addTask { await self.run(site) } }
      group.addTask { await self.watchFile() }
      do {
        try await gracefulShutdown()
        logger.info("draining")
        await server.drain()
      } catch {
        // Cancelled: there is no time for goodbyes.
      }
      group.cancelAll()
    }
    running.withLock { $0 = nil }
    await server.stop()
  }

  /// Reads the file again and takes what it says; one with mistakes changes nothing and is logged. Any thread.
  public func reload() { reload(nil) }

  /// - Parameter reading: what the file holds; nil: it is read now.
  private func reload(_ reading: SmallFile.Reading?) {
    reloading.withLock { _ in
      let before = program.withLock { $0 }
      do throws(StartError) {
        let after = try before.reloaded(from: configuration.read(reading))
        let restart = after.restartKeys(comparedTo: before)
        program.withLock { $0 = after }
        if let server = running.withLock({ $0 }) { server.reload(after) } else { after.commit() }
        logger.info("settings reloaded")
        if !restart.isEmpty {
          logger.warning("\(restart.joined(separator: ", ")): changed, takes effect at the next start")
        }
      } catch {
        for mistake in error.mistakes { logger.error("settings not reloaded: \(mistake)") }
      }
    }
  }

  /// What a site does by itself; its failure is logged and leaves the routes alone.
  private func run(_ site: any Site) async {
    do {
      try await site.run()
    } catch is CancellationError {
    } catch {
      logger.error("site \(type(of: site).name) stopped its work: \(error)")
    }
  }

  /// Reloads when the file's text has changed and has then stayed the same for a second, so that a file in the middle
  /// of being written is not taken for a mistake.
  private func watchFile() async {
    guard let file = configuration.file else { return }
    var watch = FileWatch(SmallFile.read(file))
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      let reading = SmallFile.read(file)
      switch watch.look(reading) {
      case .nothing: break
      case .changed: reload(reading)
      case .blind: logger.warning("changes of the settings file are not seen while descriptors are short")
      }
    }
  }
}
