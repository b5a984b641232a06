/// All the ways a test cuts its bytes: whole, byte by byte, and in two at every position.
func everyCut(_ bytes: [UInt8]) -> [[ArraySlice<UInt8>]] {
  var cuts: [[ArraySlice<UInt8>]] = [[bytes[...]], bytes.indices.map { bytes[$0...$0] }]
  for at in bytes.indices.dropFirst() { cuts.append([bytes[..<at], bytes[at...]]) }
  return cuts
}

/// Repeatable randomness (SplitMix64); print the seed where a failure must be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension [UInt8] {
  /// The bytes of a text literal, where `\r\n` and friends stand for themselves.
  init(ascii text: String) { self = Array(text.utf8) }
}
