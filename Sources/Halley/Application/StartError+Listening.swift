import Glibc
import HalleyProtocols
import HalleyServer

extension StartError {
  /// What kept the server from listening, as a sentence with its mend.
  ///
  /// - Parameters:
  ///   - error: what the server threw.
  ///   - address: where it should have listened, `127.0.0.1:8080`.
  ///   - origin: who asked for that address: a flag, a variable, a line of the file.
  init(listening error: any Error, at address: String, askedBy origin: String) {
    switch error {
    case let error as StartError: self = error
    case let error as ServerPlan.Problem: self.init([Mistake("routes", error.message)])
    case HTTPCarrier.CarrierError.cannotListen(_, _, let code):
      let mend = "choose another with --listen HOST:PORT"
      self.init([Mistake(origin, "cannot listen on \(address): \(Self.reason(code)); \(mend)")])
    default:
      self.init([Mistake(origin, "no event loop could be made (\(error)); raise the limits of open files and threads")])
    }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "another program has the port"
    case EACCES: "ports below 1024 need root"
    case EADDRNOTAVAIL: "the address is not one of this machine's"
    default: "error \(code)"
    }
  }
}
