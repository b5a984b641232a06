/// The candidate that a mistyped word most likely meant, or nil when none is near.
func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
  let nearest = candidates.map { ($0, distance(Array(word.lowercased().utf8), Array($0.lowercased().utf8))) }
    .min { $0.1 < $1.1 }
  guard let nearest, nearest.1 <= max(1, word.utf8.count / 3) else { return nil }
  return nearest.0
}

/// The number of single-byte edits between two words.
private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var previous = Array(0...right.count)
  for (row, byte) in left.enumerated() {
    var current = [row + 1]
    for (column, other) in right.enumerated() {
      current.append(min(previous[column] + (byte == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
    }
    previous = current
  }
  return previous[right.count]
}
