import FoundationEssentials
import HalleyServer

/// Where an application's settings come from besides its code: flags, environment and a file that may change.
///
/// Precedence: flag, environment, file, code, built-in. The file is read again when it changes and on
/// ``Application/reload()``.
public struct ApplicationConfiguration: Sendable {
  /// Flags, each a key of the table with its value: `["--poll-hold", "15s"]`.
  public var arguments: [String]
  /// Variables; those whose name begins with `HALLEY_` count.
  public var environment: [String: String]
  /// Path of a YAML file; nil for none.
  public var file: String?
  /// Whether a file that does not exist stops the start.
  public var fileIsRequired: Bool

  /// Sources besides the code.
  ///
  /// - Parameters:
  ///   - file: path of a YAML file. Default: none.
  ///   - fileIsRequired: whether a file that does not exist stops the start. Default: yes.
  ///   - arguments: flags. Default: none, since a host program's own flags are not Halley's.
  ///   - environment: variables. Default: those of the process.
  public init(
    file: String? = nil, fileIsRequired: Bool = true, arguments: [String] = [],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.file = file
    self.fileIsRequired = fileIsRequired
    self.arguments = arguments
    self.environment = environment
  }

  /// Checks the flags and lays the sources side by side.
  ///
  /// - Parameter reading: what the file holds, if it has just been read.
  func read(_ reading: SmallFile.Reading? = nil) throws(StartError) -> SettingSources {
    try SettingFlags.check(arguments)
    guard let file, fileIsRequired || FileManager.default.fileExists(atPath: file) else {
      return SettingSources(arguments: arguments, environment: environment)
    }
    let name = file.split(separator: "/").suffix(2).joined(separator: "/")
    return SettingSources(
      arguments: arguments, environment: environment,
      file: try ConfigurationFile(reading ?? SmallFile.read(file), name: name))
  }
}
