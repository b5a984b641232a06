import Glibc

/// Why a load cannot go on; any of these ends the generator with status 1.
enum LoadError: Error, CustomStringConvertible {
  case system(String, Int32)
  case timedOut(String)
  case closedByServer(String)
  case protocolViolation(String)
  case wrongContent(String)

  var description: String {
    switch self {
    case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
    case .timedOut(let what): "timed out: \(what)"
    case .closedByServer(let what): "the server closed the connection: \(what)"
    case .protocolViolation(let what): "the server broke the protocol: \(what)"
    case .wrongContent(let what): "wrong content: \(what)"
    }
  }
}
