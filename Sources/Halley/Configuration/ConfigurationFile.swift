import FoundationEssentials
import HalleyServer
import Yams

/// The keys and values of a YAML file, flat, each with its line.
struct ConfigurationFile: Sendable {
  struct Entry: Sendable, Hashable {
    /// The keys from the top of the file, `["sites", "Tracker", "poll", "hold"]`.
    var path: [String]
    /// One word for a scalar, all of them for a sequence.
    var words: [String]
    var line: Int
  }

  /// As it appears in messages.
  var name: String
  var entries: [Entry]

  /// Parses what was found at the file's path.
  ///
  /// - Throws: ``StartError`` when it could not be read or is no YAML.
  init(_ reading: SmallFile.Reading, name: String) throws(StartError) {
    switch reading {
    case .text(let text): try self.init(parsing: text, name: name)
    case .unreadable:
      throw StartError([Mistake(name, "cannot be read as UTF-8 text; check that it exists and is readable")])
    case .noDescriptors:
      throw StartError([Mistake(name, "cannot be opened, no descriptors are left; raise 'ulimit -n'")])
    }
  }

  /// Parses YAML. An empty file, or one of nothing but comments, has no entries.
  init(parsing text: String, name: String) throws(StartError) {
    self.name = name
    entries = []
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      throw StartError([Self.mistake(error, name)])
    }
    guard let root, !root.isNull else { return }
    guard let mapping = root.mapping else {
      throw StartError([Mistake(name, "is no list of keys; write lines such as 'listen: 127.0.0.1:8080'")])
    }
    var mistakes: [Mistake] = []
    flatten(mapping, below: [], into: &mistakes)
    guard mistakes.isEmpty else { throw StartError(mistakes) }
  }

  private mutating func flatten(_ mapping: Node.Mapping, below path: [String], into mistakes: inout [Mistake]) {
    for (key, value) in mapping {
      let line = key.mark?.line ?? 0
      guard let component = key.scalar?.string else {
        mistakes.append(Mistake("\(name):\(line)", "a key must be a plain word"))
        continue
      }
      let inner = path + [component]
      if let mapping = value.mapping {
        flatten(mapping, below: inner, into: &mistakes)
      } else if let sequence = value.sequence {
        let words = sequence.compactMap(\.scalar?.string)
        guard words.count == sequence.count else {
          mistakes.append(Mistake("\(name):\(line)", "'\(component)' must be a list of plain words"))
          continue
        }
        entries.append(Entry(path: inner, words: words, line: line))
      } else if let scalar = value.scalar, !value.isNull {
        entries.append(Entry(path: inner, words: [scalar.string], line: line))
      }
    }
  }

  private static func mistake(_ error: any Error, _ name: String) -> Mistake {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      Mistake("\(name):\(mark.line)", "is no valid YAML here (\(problem)); mend or remove the line")
    case .duplicatedKeysInMapping(let duplicates, let context):
      Mistake(
        "\(name):\(context.mark.line)",
        "'\(duplicates.sorted().joined(separator: "', '"))' is given twice; remove one of them")
    default: Mistake(name, "is no valid YAML; mend or remove it")
    }
  }
}

extension Node {
  fileprivate var isNull: Bool { scalar != nil && tag == Tag(.null) }
}
